import type { Script } from '../../core/script/script.ts';
import cancel from './cancel.sh';
import fetch from './fetch.sh';
import follow from './follow.sh';
import remove from './remove.sh';
import start from './start.sh';
import state from './state.sh';
import wrapper from './wrapper.sh';

/** Text of the program that runs a job on the machine, written there by `startScript`. */
export const wrapperText = wrapper;

const job = { DIRECTORY: 'string', JOB: 'string' } as const;

export const startScript: Script = {
  name: 'job/start',
  text: start,
  parameters: { ...job, SIZE: 'integer', WRAPPER: 'string' },
};
export const stateScript: Script = { name: 'job/state', text: state, parameters: job };
export const followScript: Script = {
  name: 'job/follow',
  text: follow,
  parameters: { ...job, OFFSET: 'integer' },
};
export const fetchScript: Script = {
  name: 'job/fetch',
  text: fetch,
  parameters: { ...job, OFFSET: 'integer', LENGTH: 'integer' },
};
export const cancelScript: Script = {
  name: 'job/cancel',
  text: cancel,
  parameters: { ...job, GRACE: 'integer' },
};
export const removeScript: Script = { name: 'job/remove', text: remove, parameters: job };
