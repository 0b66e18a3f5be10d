import type { Script } from '../../script/script.ts';
import checkText from './check.sh';
import compileText from './compile.sh';
import runText from './run.sh';
import source from './Warehouse.java';

/** The whole program: one Java source file, Java 8 or later. */
export const warehouseJavaSource: string = source;

/** Is `Warehouse.java` compiled already? */
export const checkWarehouse: Script = {
  name: 'warehouse/check',
  text: checkText,
  parameters: { SOURCE: 'string' },
};

/** Compiles `Warehouse.java` into the directory `classes` beside it; output `CLASSES`. */
export const compileWarehouse: Script = {
  name: 'warehouse/compile',
  text: compileText,
  parameters: { JAVAC: 'string', SOURCE: 'string' },
};

/** Runs the program; they are explained at the top of the script. */
export const runWarehouse: Script = {
  name: 'warehouse/run',
  text: runText,
  parameters: {
    JAVA: 'string',
    JAVA_OPTIONS: 'string',
    CLASSPATH_ENTRY: 'string',
    WAREHOUSES: 'integer',
    RAMP_SECONDS: 'string',
    MEASURE_SECONDS: 'string',
    CONFIG_HASH: 'string',
  },
};
