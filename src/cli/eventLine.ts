import { planText } from '../core/recipe/planText.ts';
import type { RunEvent } from '../run/events.ts';
import type { RunState } from '../run/state.ts';
import { describeFailure } from '../run/describe.ts';

const clock = (at: string): string => new Date(at).toTimeString().slice(0, 8);

function title(state: RunState, step: string): string {
  const record = state.steps.get(step);
  return record === undefined ? step : planText(record.title);
}

/** What one event says to a person who follows a run; undefined where it says nothing new. */
export function eventLine(event: RunEvent, state: RunState): string | undefined {
  const text = eventText(event, state);
  return text === undefined ? undefined : `${clock(event.at)}  ${text}`;
}

function eventText(event: RunEvent, state: RunState): string | undefined {
  switch (event.kind) {
    case 'runner-started':
      return `runner ${event.pid} on ${event.machine}`;
    case 'runner-ended':
      return event.failure === undefined
        ? `run ${event.status}`
        : `run ${event.status}: ${describeFailure(event.failure)}`;
    case 'torn-line-dropped':
      return `the journal's last line was torn (${event.bytes} bytes) and dropped; nothing else is lost`;
    case 'step-started':
      return `${title(state, event.step)}${event.attempt > 1 ? `, attempt ${event.attempt}` : ''} …`;
    case 'step-skipped':
      return `${title(state, event.step)}: already so`;
    case 'step-ended':
      return event.failure === undefined
        ? `${title(state, event.step)}: ${event.status}`
        : `${title(state, event.step)}: ${event.status}: ${describeFailure(event.failure)}`;
    case 'job-started':
      return event.again
        ? `${title(state, event.step)}: its job was running already and is followed again`
        : undefined;
    case 'trial-ended': {
      const { result } = event;
      if (event.status !== 'ok' || result === null) return undefined;
      return `${title(state, event.step)}: ${result.score?.toFixed(2) ?? 'no score'} ${result.metric} (${result.label})`;
    }
    case 'connection-lost':
      return `connection lost, trying again: ${describeFailure(event.failure)}`;
    case 'connection-restored':
      return `connection to ${event.machine} is back after ${event.seconds} s`;
    case 'question-asked':
      return `waits for an answer (${event.about}, ${event.machine})`;
    case 'host-key-accepted':
      return `host key of ${event.machine} (${event.host}, ${event.keyType} ${event.fingerprint}) accepted without asking, as your ssh configuration says, and written to ${event.file}`;
    case 'cancel-requested':
      return 'cancelling';
    case 'undo-registered':
      return `undo of ${event.resource} on ${event.machine} registered`;
    case 'undo-done':
      return `${event.resource} on ${event.machine}: ${event.result}`;
    case 'report-written':
      return `report: ${event.file}`;
    case 'journal':
    case 'segment':
    case 'job-intended':
    case 'job-ended':
    case 'outputs':
    case 'environment':
    case 'lease-acquired':
    case 'lease-released':
    case 'question-answered':
      return undefined;
  }
}
