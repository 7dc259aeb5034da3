import { ActionIcon, Group, Menu, Title } from '@mantine/core'
import type { Project } from '../api/client.ts'
import { Icon } from '../parts/pages/icons.tsx'
import { RowAction, RowMenu } from '../parts/tables/row-menu.tsx'
import type { FlowDialog } from './dialogs.tsx'

type Props = {
  projects: Project[]
  selected: Project | undefined
  onSelect: (project: Project) => void
  onDialog: (dialog: FlowDialog) => void
}

/** The list of projects in the sidebar. */
export function ProjectList ({ projects, selected, onSelect, onDialog }: Props) {
  return (
    <nav aria-labelledby='projects-title'>
      <Group justify='space-between' mb={4}>
        <Title order={2} size='h6' id='projects-title'>Projects</Title>
        <ActionIcon
          variant='subtle' color='gray' aria-label='New project' onClick={() => onDialog({ name: 'new-project' })}
        >
          <Icon name='add' />
        </ActionIcon>
      </Group>
      <div className='side'>
        {projects.map(project => (
          <div key={project.id} className='side-row'>
            <button
              type='button' className='pick' aria-current={project.id === selected?.id}
              onClick={() => onSelect(project)}
            >
              <Icon name='folder' /><span>{project.name}</span>
            </button>
            <RowMenu of={project.name}>
              <RowAction onClick={() => onDialog({ name: 'rename-project', project })}>Rename…</RowAction>
              <Menu.Divider />
              <RowAction onClick={() => onDialog({ name: 'delete-project', project })} isDangerous>Delete…</RowAction>
            </RowMenu>
          </div>
        ))}
      </div>
    </nav>
  )
}
