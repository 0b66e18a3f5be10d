import type { Side, TrialId } from './plan.ts';

/**
 * The order of the trials. `abba`: host, guest, guest, host, host, guest … so that a drift over time hits both
 * sides alike (Maricq et al., OSDI'18; Abedi & Brecht, ICPE'17). `blocked`: the recipe's order, all of the guest
 * (2.5), then all of the host (2.6). Where only one side is measured its rounds simply follow each other.
 */
export function trialOrder(
  order: 'abba' | 'blocked',
  sides: readonly Side[],
  rounds: { readonly trials: number; readonly done: Readonly<Record<Side, number>> },
): readonly TrialId[] {
  const roundsOf = (side: Side): readonly TrialId[] =>
    Array.from({ length: rounds.trials }, (_, index) => ({ side, round: rounds.done[side] + index + 1 }));
  const guest = sides.includes('guest') ? roundsOf('guest') : [];
  const host = sides.includes('host') ? roundsOf('host') : [];
  if (order === 'blocked' || guest.length === 0 || host.length === 0) return [...guest, ...host];
  return host.flatMap((hostTrial, index) => {
    const guestTrial = guest[index];
    if (guestTrial === undefined) return [hostTrial];
    return index % 2 === 0 ? [hostTrial, guestTrial] : [guestTrial, hostTrial];
  });
}
