/** Text of a new `kvm-parity.yaml`: loads as it is, and shows what else there is in comments. */
export const inventoryTemplate = `# KVM Parity: which machines to compare, and how. Check it with: kvm-parity check FILE
version: 1

hosts:
  # The physical machine. The name is yours.
  host1:
    # An alias of ~/.ssh/config, user@host, user@host:port, or "local" for the machine KVM Parity runs on.
    ssh: root@host1.example
    # How scripts that need root become root: none or sudo.
    become: none
    # Read-only commands whose output shall be in the environment, too.
    # record: [hostinfo]
    guests:
      vm1:
        # Name of the libvirt domain.
        domain: vm1
        # A user alone: the address is found through libvirt. Else user@address or user@address:port.
        ssh: root
        # Guests are reached through their host; "direct" goes there from the controller.
        # via: direct

experiments:
  first:
    host: host1
    guest: vm1
    workload:
      # The bundled Java workload. It is not SPECjbb.
      warehouse:
        # N of the ramp 1 to 2N; auto: the guest's CPUs, for both sides.
        warehouses: auto
        rampSeconds: 2
        measureSeconds: 10
        # Options of the JVM, the same on both sides.
        # The heap must be fixed and fit both sides: JVMs size it by their machine's memory otherwise.
        java: [-Xms4g, -Xmx4g]
    repeat:
      # Trials per side.
      trials: 5
      # abba: host, guest, guest, host ...; blocked: all of the guest, then all of the host.
      order: abba
      # How often a failed trial is repeated; every attempt stays on record.
      retries: 1
`;
