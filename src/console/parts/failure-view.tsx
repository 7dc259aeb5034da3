import { Alert, Button, Group, Text } from '@mantine/core'

/** Instead of what could not be loaded. */
export function FailureView ({ failure, retry }: { failure: Error, retry: () => unknown }) {
  return (
    <Alert color='red' title='This could not be loaded' m='md' role='alert'>
      <Group justify='space-between'>
        <Text size='sm'>{failure.message}</Text>
        <Button variant='default' size='xs' onClick={() => { retry() }}>Try again</Button>
      </Group>
    </Alert>
  )
}

/** Beside the form whose sending failed; read out by screen readers. */
export function FormFailure ({ failure }: { failure: Error | null | undefined }) {
  return failure ? <Alert color='red' role='alert' py='xs'>{failure.message}</Alert> : null
}
