import * as z from 'zod/mini';
import type { InventoryReason } from './problem.ts';

/*
 * The shape of `kvm-parity.yaml`: what one value can say of itself. What needs two values (names that must
 * exist, `ssh` with `via`) is in `rules.ts`. Zod's messages are not texts here but reasons.
 */
const because = (reason: InventoryReason): { readonly error: InventoryReason } => ({ error: reason });

/** Printable: neither control characters nor the ones that reorder or break lines (U+2028, U+202A …). */
const PRINTABLE = '[ -~\\u00a0-\\u2027\\u202f-\\u2065\\u206a-\\uffff]';
const FIRST = '[!-,.-~\\u00a1-\\u2027\\u202f-\\u2065\\u206a-\\uffff]';

/** Names become directories, job ids and file names. */
export const namePattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

const pattern = (source: string, reason: InventoryReason): z.ZodMiniString =>
  z.string().check(z.regex(new RegExp(source), because(reason)));

const text = (): z.ZodMiniString => pattern(`^${FIRST}${PRINTABLE}*$`, 'text-invalid');

const whole = (minimum: number, maximum: number): z.ZodMiniNumber =>
  z.int().check(z.gte(minimum, because('number-too-small')), z.lte(maximum, because('number-too-large')));

const autoOr = (maximum: number): z.ZodMiniUnion<[z.ZodMiniLiteral<'auto'>, z.ZodMiniNumber]> =>
  z.union([z.literal('auto'), whole(1, maximum)], because('count-invalid'));

const some = <T extends z.core.SomeType>(item: T): z.ZodMiniArray<T> =>
  z.array(item).check(z.minLength(1, because('list-empty')));

/** Names are checked by `rules.ts`: zod would not look into an entry whose key is wrong. */
const named = <T extends z.core.SomeType>(
  item: T,
  description: string,
): z.ZodMiniRecord<z.ZodMiniString, T> =>
  z.record(z.string(), item).check(z.meta({ description, propertyNames: { pattern: namePattern.source } }));

const is = z.describe;

const machine = {
  become: z
    ._default(z.enum(['none', 'sudo']), 'none')
    .check(
      is(
        'How scripts that need root become root: not at all (the login is root, or they are refused), or by sudo.',
      ),
    ),
  directory: z.optional(
    pattern(`^(?!.*/\\.\\.(/|$))(?=.*[^/.])/${PRINTABLE}*$`, 'directory-invalid').check(
      is(
        'Absolute path for our files on the machine. Default: /var/lib/kvm-parity as root, else the XDG state directory.',
      ),
    ),
  ),
  record: z
    ._default(z.array(text()), [])
    .check(is('Further read-only commands whose output belongs to the environment, such as hostinfo.')),
};

const guest = z.strictObject({
  domain: z.optional(
    pattern(`^(?!.*/)${FIRST}${PRINTABLE}*$`, 'domain-invalid').check(
      is('Name of the libvirt domain. Needed where "ssh" names only a user.'),
    ),
  ),
  ssh: z
    .string()
    .check(
      is(
        'user (the address is found through libvirt), user@address or user@address:port; with "via: direct" also an alias of ~/.ssh/config.',
      ),
    ),
  via: z
    ._default(z.enum(['host', 'direct']), 'host')
    .check(is('Whether the guest is reached through its host or directly from the controller.')),
  image: z.optional(
    pattern(`^/${PRINTABLE}*$`, 'path-invalid').check(
      is("Absolute path of the guest's disk image on the host."),
    ),
  ),
  ...machine,
});

const host = z.strictObject({
  ssh: z
    .string()
    .check(
      is(
        'local (the machine KVM Parity runs on), an alias of ~/.ssh/config, user@host or user@host:port; IPv6 addresses in brackets.',
      ),
    ),
  console: z.optional(text().check(is('Command, run on the controller, that shows the serial console.'))),
  power: z.optional(text().check(is('Command, run on the controller, that power-cycles the machine.'))),
  guests: z._default(named(guest, 'Guests of this host, by name.'), {}),
  ...machine,
});

/** JSON schema of a map that has these keys and no others. */
const exactly = (...keys: readonly string[]): Readonly<Record<string, unknown>> => ({
  type: 'object',
  properties: Object.fromEntries(keys.map((key) => [key, {}])),
  required: keys,
  additionalProperties: false,
});

const kernel = z
  .strictObject({
    source: z
      .strictObject({
        git: z.optional(
          text().check(is('Git repository: a path relative to this file, or a URL. Needs "ref".')),
        ),
        ref: z.optional(text().check(is('Branch, tag or commit of the Git repository.'))),
        tarball: z.optional(text().check(is('Source archive on the controller.'))),
        packages: z.optional(
          some(text()).check(is('Binary packages on the controller: for the host, for the guest.')),
        ),
      })
      .check(
        z.meta({
          description: 'Where the kernel comes from: git and ref, or tarball, or packages.',
          oneOf: [exactly('git', 'ref'), exactly('tarball'), exactly('packages')],
        }),
      ),
    config: z.optional(
      z
        .strictObject({
          require: some(pattern(`^CONFIG_[A-Za-z0-9_]+=${PRINTABLE}+$`, 'kernel-option-invalid')).check(
            is('Options that the configuration must have: CONFIG_NAME=y.'),
          ),
        })
        .check(is("Changes to the running kernel's configuration.")),
    ),
    guest: z.optional(
      z
        .enum(['build', 'copy', 'packages'])
        .check(
          is(
            "How the guest gets its kernel: built there, copied from the host's build, or as packages. Default: packages where the source is packages, else build.",
          ),
        ),
    ),
    cmdline: z.optional(
      z
        .strictObject({
          hugepages: z.optional(
            z
              .strictObject({
                size: pattern('^[1-9][0-9]{0,5}[KMG]$', 'hugepage-size-invalid').check(
                  is('Size of one page: 2M, 1G.'),
                ),
                count: z._default(autoOr(1_000_000_000), 'auto').check(is('Number of pages, or auto.')),
              })
              .check(is('Huge pages reserved at boot.')),
          ),
        })
        .check(is('Changes to the kernel command line.')),
    ),
  })
  .check(is('The kernel that both sides run (recipe 2.1 to 2.4).'));

const tuning = z
  .strictObject({
    runlevel: z.optional(
      whole(1, 5).check(is('Runlevel of both sides while measuring; the recipe takes 3.')),
    ),
    transparentHugepages: z.optional(
      z.enum(['always', 'madvise', 'never']).check(is('Transparent huge pages; the recipe takes never.')),
    ),
    stop: z
      ._default(z.array(pattern('^[A-Za-z0-9_][A-Za-z0-9@_.:-]*$', 'service-invalid')), [])
      .check(is('Services stopped while measuring: numad, ksm, ksmtuned.')),
  })
  .check(is('What is made alike on both sides (recipe 1.7).'));

const warehouse = z
  .strictObject({
    warehouses: z
      ._default(autoOr(10_000), 'auto')
      .check(is("N of the ramp 1 to 2N. auto: the guest's online CPUs, for both sides.")),
    rampSeconds: z._default(whole(0, 86_400), 2).check(is('Seconds before each measured point.')),
    measureSeconds: z._default(whole(1, 86_400), 10).check(is('Seconds of each measured point.')),
    java: z
      ._default(z.array(pattern(`^-${PRINTABLE}+$`, 'java-option-invalid')), [])
      .check(is('Options of the JVM, one per entry, the same on both sides.')),
  })
  .check(
    is('The bundled Java workload. It is not SPECjbb, and its numbers cannot be compared with SPECjbb.'),
  );

const experiment = z.strictObject({
  host: z.string().check(is('Name of the host under "hosts".')),
  guest: z.string().check(is('Name of a guest of that host.')),
  kernel: z.optional(kernel),
  tuning: z.optional(tuning),
  placement: z
    ._default(z.enum(['recipe', 'same-node']), 'recipe')
    .check(
      is("recipe: guest on node 1, host on node 0 with node 1 offline. same-node: both on CPU 0's node."),
    ),
  memory: z
    ._default(z.enum(['node-local', 'recipe']), 'node-local')
    .check(is("node-local: the guest's memory lies on its node. recipe: it may span nodes.")),
  workload: z
    .prefault(z.strictObject({ warehouse: z.prefault(warehouse, {}) }), {})
    .check(is('What is run and measured. Default: warehouse with its default settings.')),
  repeat: z
    .prefault(
      z.strictObject({
        trials: z._default(whole(1, 1000), 5).check(is('Trials per side.')),
        order: z
          ._default(z.enum(['abba', 'blocked']), 'abba')
          .check(is('abba: host, guest, guest, host …; blocked: all of the guest, then all of the host.')),
        rebootEach: z
          ._default(z.boolean(), false)
          .check(is('Reboot before every trial (comes with a later version).')),
        retries: z
          ._default(whole(0, 100), 1)
          .check(is('How often a failed trial is repeated; every attempt stays on record.')),
      }),
      {},
    )
    .check(is('How often and in which order the workload is measured.')),
});

/** The file as a whole. Its output has every default filled in; names and destinations are made by `load.ts`. */
export const inventorySchema = z
  .strictObject({
    version: z.literal(1).check(is('Version of this format.')),
    hosts: named(host, 'The physical machines, by name.'),
    experiments: z._default(
      named(experiment, 'What is measured on one host and one of its guests, by name.'),
      {},
    ),
  })
  .check(
    z.meta({
      title: 'KVM Parity inventory',
      description: 'Hosts, guests and experiments of KVM Parity (kvm-parity.yaml).',
    }),
  );

export type InventoryFile = z.infer<typeof inventorySchema>;

/** Version of the format that this code reads. */
export const INVENTORY_VERSION = 1;

/** Names of the workloads that exist, and of those that are known to come. */
export const workloads: readonly string[] = ['warehouse'];
export const laterWorkloads: readonly string[] = ['specjbb2005', 'specjbb2015'];

/** The setting names that the schema has for the map at `path`; empty where names are free or it has no map. */
export function knownKeys(path: readonly (string | number)[]): readonly string[] {
  let schema: z.core.$ZodType | undefined = inventorySchema;
  for (const key of path) {
    schema = stepInto(unwrap(schema), key);
    if (schema === undefined) return [];
  }
  const found = unwrap(schema);
  return found instanceof z.ZodMiniObject ? Object.keys(found.shape) : [];
}

function stepInto(schema: z.core.$ZodType, key: string | number): z.core.$ZodType | undefined {
  if (schema instanceof z.ZodMiniObject) {
    const shape: Readonly<Record<string, z.core.$ZodType>> = schema.shape;
    return Object.hasOwn(shape, key) ? shape[key] : undefined;
  }
  return schema instanceof z.ZodMiniRecord ? schema.def.valueType : undefined;
}

function unwrap(schema: z.core.$ZodType): z.core.$ZodType {
  let inner = schema;
  while (
    inner instanceof z.ZodMiniOptional ||
    inner instanceof z.ZodMiniDefault ||
    inner instanceof z.ZodMiniPrefault
  ) {
    inner = inner.def.innerType;
  }
  return inner;
}
