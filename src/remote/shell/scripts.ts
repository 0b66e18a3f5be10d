import type { Script } from '../../core/script/script.ts';
import askpass from './askpass.sh';
import download from './download.sh';
import downloadLook from './downloadLook.sh';
import hello from './hello.sh';
import launch from './launch.sh';
import mark from './mark.sh';
import secret from './secret.sh';
import sudo from './sudo.sh';
import uploadLook from './uploadLook.sh';
import uploadTake from './uploadTake.sh';

/** The command line of every channel: the one line of `launch.sh` that is no comment. */
export const launchLine = launch
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'))
  .join(' ');

/** Text of the program that answers sudo, written to the machine by `secretScript`. */
export const askpassText = askpass;

const file = { DIRECTORY: 'string', SHA256: 'string', SIZE: 'integer', NAME: 'string' } as const;

export const markScript: Script = { name: 'shell/mark', text: mark, parameters: { MARKER: 'string' } };
export const helloScript: Script = { name: 'shell/hello', text: hello, parameters: { DIRECTORY: 'string' } };
export const sudoScript: Script = {
  name: 'shell/sudo',
  text: sudo,
  parameters: { LAUNCHER: 'string', ASKPASS: 'string' },
};
export const secretScript: Script = {
  name: 'shell/secret',
  text: secret,
  parameters: { DIRECTORY: 'string', ASKPASS: 'string' },
};
export const uploadLookScript: Script = { name: 'shell/uploadLook', text: uploadLook, parameters: file };
export const uploadTakeScript: Script = {
  name: 'shell/uploadTake',
  text: uploadTake,
  parameters: { ...file, OFFSET: 'integer' },
};
export const downloadLookScript: Script = {
  name: 'shell/downloadLook',
  text: downloadLook,
  parameters: { FROM: 'string' },
};
export const downloadScript: Script = {
  name: 'shell/download',
  text: download,
  parameters: { FROM: 'string' },
};
