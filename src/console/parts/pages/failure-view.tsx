import { Alert, Button, Group, Text } from '@mantine/core'

/** Shown instead of content that could not be loaded. */
export function FailureView ({ failure, retry }: { failure: Error, retry: () => unknown }) {
  return (
    <Alert color='red' title='Loading failed' m='md' role='alert'>
      <Group justify='space-between'>
        <Text size='sm'>{failure.message}</Text>
        <Button variant='default' size='xs' onClick={() => { retry() }}>Try again</Button>
      </Group>
    </Alert>
  )
}

/** The error of a form; screen readers announce it. */
export function FormFailure ({ failure }: { failure: Error | null | undefined }) {
  return failure ? <Alert color='red' role='alert' py='xs'>{failure.message}</Alert> : null
}
