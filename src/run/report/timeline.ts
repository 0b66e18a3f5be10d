import type { TimelineEvent } from '../../core/report/input.ts';
import { describeFailure } from '../describe.ts';
import type { RunEvent } from '../events.ts';
import type { RunState } from '../state.ts';

/** What a reader must know to trust the order and the calm of the run: steps, repeats, lost connections, questions. */
export function timelineOf(state: RunState, events: readonly RunEvent[]): readonly TimelineEvent[] {
  const steps = [...state.steps.values()].flatMap((step) =>
    step.attempts.map((attempt) => ({
      at: attempt.startedAt,
      machine: step.machine,
      text: `${step.id}, attempt ${attempt.attempt}: ${attempt.status}${
        attempt.failure === null ? '' : ` (${describeFailure(attempt.failure)})`
      }`,
    })),
  );
  return [...steps, ...interruptionsOf(events)].sort((a, b) => a.at.localeCompare(b.at));
}

function interruptionsOf(events: readonly RunEvent[]): readonly TimelineEvent[] {
  // Ids of questions begin anew with each runner: the latest question of an id is meant.
  const asked = new Map<number, { readonly about: string; readonly machine: string }>();
  return events.flatMap((event): readonly TimelineEvent[] => {
    const line = (machine: string | null, text: string): readonly TimelineEvent[] => [
      { at: event.at, machine, text },
    ];
    switch (event.kind) {
      case 'connection-lost':
        return line(event.machine, `connection lost (${describeFailure(event.failure)})`);
      case 'connection-restored':
        return line(event.machine, `connection restored after ${event.seconds} s`);
      case 'question-asked':
        asked.set(event.id, event);
        return line(event.machine, `waits for an answer (${event.about})`);
      case 'question-answered': {
        const question = asked.get(event.id);
        const answer = event.given ? 'answered' : 'not answered';
        return line(question?.machine ?? null, `${answer} (${question?.about ?? `question ${event.id}`})`);
      }
      case 'runner-started':
        return line(null, 'runner started');
      case 'runner-ended':
        return line(null, `runner ended: ${event.status}`);
      case 'cancel-requested':
        return line(null, 'end of the run requested');
      // What the steps above say already, or what bears on no number.
      case 'environment':
      case 'host-key-accepted':
      case 'job-ended':
      case 'job-intended':
      case 'job-started':
      case 'journal':
      case 'lease-acquired':
      case 'lease-released':
      case 'outputs':
      case 'report-written':
      case 'segment':
      case 'step-ended':
      case 'step-skipped':
      case 'step-started':
      case 'torn-line-dropped':
      case 'trial-ended':
      case 'undo-done':
      case 'undo-registered':
        return [];
    }
  });
}
