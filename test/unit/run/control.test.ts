import { stat } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { type Answering, joinRunner, type Link } from '../../../src/run/client.ts';
import {
  type Answer,
  type Control,
  openControl,
  type RunQuestion,
  socketPlace,
} from '../../../src/run/control.ts';
import { scratch } from './scratch.ts';

const never = new AbortController().signal;
const question = (machine: string): RunQuestion => ({ kind: 'sudo-password', machine, user: 'ada' });

type Runner = {
  readonly control: Control;
  readonly path: string;
  readonly cancels: () => number;
  readonly detaches: () => number;
  readonly join: (answer: Answering) => Promise<Link>;
};

async function runner(): Promise<Runner> {
  const place = await socketPlace(await scratch());
  let cancels = 0;
  let detaches = 0;
  const control = await openControl(place, {
    onCancel: () => {
      cancels += 1;
    },
    onDetach: () => {
      detaches += 1;
    },
  });
  onTestFinished(() => control.close().catch(() => undefined));
  return {
    control,
    path: place.path,
    cancels: () => cancels,
    detaches: () => detaches,
    join: (answer) =>
      joinRunner({ pid: 1, startTime: null, bootId: null, machine: 'here', socket: place.path }, answer),
  };
}

const answered = (value: Answer) => (): Promise<Answer> => Promise.resolve(value);
const silent = (): Promise<Answer> => new Promise(() => undefined);

describe("The runner's socket", () => {
  it('can be used by its owner only', async () => {
    const { path } = await runner();
    const { mode } = await stat(path);
    expect(mode & 0o777).toBe(0o600);
  });

  it("lies in the run's directory, or in a private one of its own where that path is too long", async () => {
    const directory = await scratch();
    expect(await socketPlace(directory)).toEqual({ path: join(directory, 'runner.sock'), made: null });
    const long = await socketPlace(join(directory, 'ü'.repeat(60)));
    expect(Buffer.byteLength(long.path)).toBeLessThanOrEqual(107);
    expect((await stat(long.made!)).mode & 0o777).toBe(0o700);
    const control = await openControl(long, { onCancel: () => undefined });
    await control.close();
    await expect(stat(long.made!)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('takes the place of what a dead runner left there', async () => {
    const place = await socketPlace(await scratch());
    const first = await openControl(place, { onCancel: () => undefined });
    const second = await openControl(place, { onCancel: () => undefined });
    expect((await stat(place.path)).isSocket()).toBe(true);
    await first.close();
    await second.close();
  });

  it('survives clients that talk nonsense, ask for nothing, or vanish', async () => {
    const { control, path, join: joinIt } = await runner();
    const rude = connect(path);
    rude.write('no json\n{}\n[]\nnull\n{"kind":"of-tomorrow"}\n{"kind":"answer","id":99,"value":true}\n');
    rude.write(`{"kind":"answer","id":"1","value":true}\n${'x'.repeat(200_000)}`);
    await new Promise((resolve) => rude.once('connect', resolve));
    const asking = control.ask(question('r1'), never);
    rude.destroy();
    await joinIt(answered('secret'));
    expect(await asking).toBe('secret');
  });

  it('survives a window that dies without having read its question', async () => {
    const { control, path, join: joinIt } = await runner();
    const asking = control.ask(question('r1'), never);
    const dying = connect(path).pause();
    await new Promise((resolve) => dying.once('connect', resolve));
    // Who comes later has the question: it lies in the first one's socket too, unread. Closing that is a reset.
    await new Promise<void>((resolve) => {
      void joinIt(() => {
        resolve();
        return silent();
      });
    });
    dying.destroy();
    await new Promise((resolve) => dying.once('close', resolve));
    await joinIt(answered('secret'));
    expect(await asking).toBe('secret');
  });

  it('closes its links when the runner ends', async () => {
    const { control, join: joinIt } = await runner();
    const link = await joinIt(silent);
    await control.close();
    await link.closed;
  });

  it('passes on the wish that the run ends', async () => {
    const { cancels, join: joinIt } = await runner();
    (await joinIt(silent)).cancel();
    await vi.waitFor(() => {
      expect(cancels()).toBe(1);
    });
  });

  it('passes on the wish that the runner ends and leaves the jobs', async () => {
    const { cancels, detaches, join: joinIt } = await runner();
    (await joinIt(silent)).detach();
    await vi.waitFor(() => {
      expect(detaches()).toBe(1);
    });
    expect(cancels()).toBe(0);
  });
});

describe('A question of the runner', () => {
  it('reaches whoever is there', async () => {
    const { control, join: joinIt } = await runner();
    const seen: RunQuestion[] = [];
    await joinIt((asked) => {
      seen.push(asked);
      return Promise.resolve('secret');
    });
    expect(await control.ask(question('r1'), never)).toBe('secret');
    expect(seen).toEqual([question('r1')]);
  });

  it('waits for somebody who joins later', async () => {
    const { control, join: joinIt } = await runner();
    const asking = control.ask(question('r1'), never);
    const other = control.ask(question('vm1'), never);
    await joinIt((asked) => Promise.resolve(`for ${asked.machine}`));
    expect(await asking).toBe('for r1');
    expect(await other).toBe('for vm1');
  });

  it('is answered by the first who answers; later answers change nothing', async () => {
    const { control, join: joinIt } = await runner();
    const late: ((answer: Answer) => void)[] = [];
    await joinIt(
      () =>
        new Promise((resolve) => {
          late.push(resolve);
        }),
    );
    const asking = control.ask(question('r1'), never);
    await vi.waitFor(() => {
      expect(late).toHaveLength(1);
    });
    const quick = await joinIt(answered('first'));
    expect(await asking).toBe('first');
    quick.close();
    await quick.closed;
    const next = control.ask(question('vm1'), never);
    await vi.waitFor(() => {
      expect(late).toHaveLength(2);
    });
    late[0]?.('too late');
    late[1]?.('second');
    expect(await next).toBe('second');
  });

  it('is asked no more where it was answered', async () => {
    const { control, join: joinIt } = await runner();
    await joinIt(answered(true));
    await control.ask(question('r1'), never);
    const seen: string[] = [];
    await joinIt((asked) => {
      seen.push(asked.machine);
      return Promise.resolve(true);
    });
    await control.ask(question('vm1'), never);
    await vi.waitFor(() => {
      expect(seen).toEqual(['vm1']);
    });
  });

  it('has the answer null where a person refuses', async () => {
    const { control, join: joinIt } = await runner();
    await joinIt(answered(null));
    expect(await control.ask(question('r1'), never)).toBeNull();
  });

  it('stays open where somebody cannot answer, or fails to ask: another may', async () => {
    const { control, join: joinIt } = await runner();
    const asked: string[] = [];
    const cannot = (how: string, answer: Promise<undefined>) => (): Promise<undefined> => {
      asked.push(how);
      return answer;
    };
    const rejection = Promise.reject<undefined>(new Error('the window was closed'));
    rejection.catch(() => undefined);
    await joinIt(cannot('nobody', Promise.resolve(undefined)));
    await joinIt(cannot('failed', rejection));
    const asking = control.ask(question('r1'), never);
    await vi.waitFor(() => {
      expect(asked.sort()).toEqual(['failed', 'nobody']);
    });
    await joinIt(answered('secret'));
    expect(await asking).toBe('secret');
  });

  it('is answered null in a run without a person, before or while it is asked, until one comes', async () => {
    const { control, join: joinIt } = await runner();
    const open = control.ask(question('r1'), never);
    const link = await joinIt(silent);
    link.attend('unattended');
    expect(await open).toBeNull();
    expect(await control.ask(question('r1'), never)).toBeNull();
    link.close();
    await link.closed;
    expect(await control.ask(question('r1'), never)).toBeNull();
    const person = await joinIt(answered('secret'));
    person.attend('attended');
    await vi.waitFor(async () => {
      expect(await control.ask(question('r1'), never)).toBe('secret');
    });
  });

  it('is withdrawn where it was answered elsewhere', async () => {
    const { control, join: joinIt } = await runner();
    const withdrawn = new Promise<void>((resolve) => {
      void joinIt((_question, settled) => {
        settled.addEventListener('abort', () => {
          resolve();
        });
        return silent();
      });
    });
    await joinIt(answered('secret'));
    expect(await control.ask(question('r1'), never)).toBe('secret');
    await withdrawn;
  });

  it('has the answer null where an answer holds no value', async () => {
    const { control, path } = await runner();
    const asking = control.ask(question('r1'), never);
    const socket = connect(path);
    socket.write('{"kind":"answer","id":1}\n');
    expect(await asking).toBeNull();
    socket.destroy();
  });

  it('is given up when the run is cancelled, before or while it is asked', async () => {
    const { control, join: joinIt } = await runner();
    await joinIt(silent);
    expect(await control.ask(question('r1'), AbortSignal.abort())).toBeNull();
    const cancel = new AbortController();
    const asking = control.ask(question('r1'), cancel.signal);
    cancel.abort();
    expect(await asking).toBeNull();
  });
});
