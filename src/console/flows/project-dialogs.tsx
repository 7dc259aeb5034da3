import type { Project } from '../api/client.ts'
import { ConfirmDialog } from '../parts/dialogs/confirm-dialog.tsx'
import { NameDialog } from '../parts/dialogs/name-dialog.tsx'
import { useAction } from '../parts/dialogs/use-action.ts'
import { createProject, removeProject, renameProject } from './flows.ts'

type Props = { onClose: () => void }

export function NewProjectDialog ({ onClose, onCreated }: Props & { onCreated: (project: Project) => void }) {
  const create = useAction(createProject, {
    changes: ['projects'],
    notice: ({ name }) => `${name} created.`,
    onDone: project => { onCreated(project); onClose() }
  })
  return (
    <NameDialog
      title='New project' submitLabel='Create' isBusy={create.isPending} failure={create.error}
      onSubmit={create.mutate} onClose={onClose}
    />
  )
}

export function RenameProjectDialog ({ project, onClose }: Props & { project: Project }) {
  const rename = useAction((name: string) => renameProject(project.id, name), {
    changes: ['projects'], notice: ({ name }) => `${project.name} renamed to ${name}.`, onDone: onClose
  })
  return (
    <NameDialog
      title={`Rename ${project.name}`} submitLabel='Save' initial={project.name} isBusy={rename.isPending}
      failure={rename.error} onSubmit={rename.mutate} onClose={onClose}
    />
  )
}

export function DeleteProjectDialog ({ project, onClose }: Props & { project: Project }) {
  const remove = useAction(() => removeProject(project.id), {
    changes: ['projects', 'flows'], notice: () => `${project.name} deleted.`, onDone: onClose
  })
  return (
    <ConfirmDialog
      title={`Delete ${project.name}?`} confirmLabel='Delete project' isDangerous word={project.name}
      isBusy={remove.isPending} failure={remove.error} onConfirm={() => remove.mutate()} onClose={onClose}
    >
      Deletes the project with all its flows and components. This cannot be undone.
    </ConfirmDialog>
  )
}
