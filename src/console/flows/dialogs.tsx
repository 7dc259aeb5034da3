import type { Flow, Project } from '../api/client.ts'
import { DeleteFlowDialog } from './delete-flow-dialog.tsx'
import { FlowFormDialog } from './flow-dialog.tsx'
import type { Kind } from './flows.ts'
import { MoveDialog } from './move-dialog.tsx'
import { DeleteProjectDialog, NewProjectDialog, RenameProjectDialog } from './project-dialogs.tsx'

export type FlowDialog =
  | { name: 'new' | 'new-project' }
  | { name: 'edit' | 'move' | 'delete', flow: Flow }
  | { name: 'rename-project' | 'delete-project', project: Project }

type Props = {
  dialog: FlowDialog
  kind: Kind
  projectId: string
  projects: Project[]
  onSelect: (project: Project) => void
  onClose: () => void
}

/** The open dialog. */
export function FlowDialogs ({ dialog, kind, projectId, projects, onSelect, onClose }: Props) {
  switch (dialog.name) {
    case 'new': return <FlowFormDialog kind={kind} projectId={projectId} onClose={onClose} />
    case 'edit': return <FlowFormDialog flow={dialog.flow} kind={kind} projectId={projectId} onClose={onClose} />
    case 'move': return <MoveDialog flow={dialog.flow} projects={projects} onClose={onClose} />
    case 'delete': return <DeleteFlowDialog flow={dialog.flow} onClose={onClose} />
    case 'new-project': return <NewProjectDialog onCreated={onSelect} onClose={onClose} />
    case 'rename-project': return <RenameProjectDialog project={dialog.project} onClose={onClose} />
    case 'delete-project': return <DeleteProjectDialog project={dialog.project} onClose={onClose} />
  }
}
