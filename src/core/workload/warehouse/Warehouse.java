import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * The workload "warehouse" of KVM Parity: order processing in memory, one thread per warehouse.
 * It is NOT SPECjbb and its numbers compare with nothing but its own, at the same settings.
 *
 * <p>It measures points of 1 ... 2N warehouses; the score is the mean throughput of N ... 2N in operations
 * per second of measured time. Every warehouse does the same transactions on every machine: its random
 * numbers are its own and shared with no other thread, so only the number of transactions depends on time.
 *
 * <p>Arguments: --warehouses N --ramp-seconds S --measure-seconds S [--points 1,2,4] [--config-hash TEXT].
 * Exit status: 0 score printed; 1 output could not be written; 2 wrong arguments; 3 invalid run, no score.
 * Language level Java 8. Output is ASCII, one record per line: "warehouse: KIND key=value ...".
 */
public final class Warehouse {
    private static final int WORK_CHECK_TRANSACTIONS = 20000;
    /** Counters of two threads lie this many longs apart: no two share a cache line (also not on 128-byte lines). */
    private static final int STRIDE = 32;
    private static final long SECOND = 1000000000L;

    private static final PrintStream OUT = asciiOutput();
    private static volatile long sink;

    private Warehouse() {}

    public static void main(String[] arguments) {
        Settings settings = null;
        try {
            settings = Settings.parse(arguments);
        } catch (IllegalArgumentException problem) {
            System.err.println("warehouse: " + problem.getMessage());
            System.err.println("usage: java Warehouse --warehouses N --ramp-seconds S --measure-seconds S"
                + " [--points 1,2,4] [--config-hash TEXT]");
            System.exit(2);
        }
        int status = 3;
        try {
            status = new Run(settings).execute();
        } catch (Throwable problem) {
            line("INVALID " + reasonOf(problem) + " error=" + quoted(problem.toString()));
            line("NO-SCORE");
        }
        if (OUT.checkError()) {
            System.err.println("warehouse: standard output could not be written");
            status = 1;
        }
        System.exit(status);
    }

    /** One ramp over all points. */
    private static final class Run {
        private final Settings settings;
        private boolean valid = true;

        Run(Settings settings) {
            this.settings = settings;
        }

        int execute() throws InterruptedException {
            printHeader();
            checkWork();
            double sum = 0;
            int averaged = 0;
            int number = 0;
            for (int warehouses : settings.points) {
                number++;
                line("POINT-BEGIN point=" + number + "/" + settings.points.size() + " warehouses=" + warehouses);
                double throughput = measure(warehouses);
                if (warehouses >= settings.warehouses && warehouses <= 2 * settings.warehouses) {
                    sum += throughput;
                    averaged++;
                }
            }
            if (!valid) {
                line("NO-SCORE");
                return 3;
            }
            line("RESULT score=" + decimal(sum / averaged) + " metric=\"warehouse ops/s\" points="
                + settings.points.size() + " averaged=" + averaged + " end");
            return 0;
        }

        private void printHeader() {
            Runtime runtime = Runtime.getRuntime();
            line("HEADER format=1 java.version=" + property("java.version") + " java.vendor=" + property("java.vendor")
                + " java.vm.name=" + property("java.vm.name") + " java.vm.version=" + property("java.vm.version")
                + " processors=" + runtime.availableProcessors() + " max-heap-bytes=" + runtime.maxMemory()
                + " warehouses=" + settings.warehouses + " points=" + join(settings.points)
                + " ramp-seconds=" + settings.rampText + " measure-seconds=" + settings.measureText
                + " config.hash=" + settings.configHash);
        }

        /** A fixed amount of work whose checksum is the same on every correct Java machine. */
        private void checkWork() {
            Store store = new Store(0);
            for (int i = 0; i < WORK_CHECK_TRANSACTIONS; i++) store.transaction();
            line("WORK transactions=" + WORK_CHECK_TRANSACTIONS + " checksum=" + String.format(Locale.ROOT, "%016x", store.checksum));
        }

        /** Throughput of one point in operations per second of measured time. */
        private double measure(int warehouses) throws InterruptedException {
            AtomicLongArray counters = new AtomicLongArray((warehouses + 1) * STRIDE);
            CountDownLatch loaded = new CountDownLatch(warehouses);
            List<Worker> workers = new ArrayList<>();
            for (int id = 1; id <= warehouses; id++) workers.add(new Worker(id, counters, loaded));
            try {
                for (Worker worker : workers) worker.start();
                loaded.await();
                Thread.sleep(settings.rampMillis);
                line("MEASUREMENT-BEGAN warehouses=" + warehouses);
                long gcBefore = gcMillis();
                Snapshot begin = new Snapshot(counters, warehouses);
                sleepAndReport(warehouses, counters, begin);
                Snapshot end = new Snapshot(counters, warehouses);
                long gc = gcMillis() - gcBefore;
                line("MEASUREMENT-ENDED warehouses=" + warehouses);
                for (Worker worker : workers) worker.stop = true;
                for (Worker worker : workers) worker.join();
                return report(warehouses, new Interval(begin, end), gc);
            } finally {
                for (Worker worker : workers) worker.stop = true;
                for (Worker worker : workers) reportDeath(warehouses, worker);
            }
        }

        private void sleepAndReport(int warehouses, AtomicLongArray counters, Snapshot begin) throws InterruptedException {
            long end = begin.nanos + settings.measureMillis * 1000000L;
            for (long next = begin.nanos + SECOND; next < end; next += SECOND) {
                sleepUntil(next);
                Interval soFar = new Interval(begin, new Snapshot(counters, warehouses));
                line("SAMPLE warehouses=" + warehouses + " seconds=" + decimal(soFar.nanos / 1e9)
                    + " throughput=" + decimal(soFar.throughput()));
                // After a long pause (a stopped guest) the missed lines are not made up for.
                while (next + SECOND < System.nanoTime()) next += SECOND;
            }
            sleepUntil(end);
        }

        private double report(int warehouses, Interval interval, long gc) {
            line("POINT-RESULT warehouses=" + warehouses + " operations=" + interval.operations + " elapsed-ns="
                + interval.nanos + " throughput=" + decimal(interval.throughput()) + " thread-min=" + interval.least
                + " thread-max=" + interval.most + " gc-ms=" + gc + " end");
            return interval.throughput();
        }

        private void reportDeath(int warehouses, Worker worker) {
            Throwable death = worker.death;
            if (death == null) return;
            valid = false;
            line("INVALID " + reasonOf(death) + " warehouses=" + warehouses + " thread=" + worker.id
                + " error=" + quoted(death.toString()));
        }
    }

    /** All counters at one moment. */
    private static final class Snapshot {
        final long[] operations;
        final long nanos;

        Snapshot(AtomicLongArray counters, int warehouses) {
            operations = new long[warehouses];
            long before = 0;
            long after = 0;
            // More threads than CPUs run here: if this one was put aside between reading the clock and
            // the counters, time and count would not belong together, so they are read again.
            for (int attempt = 0; attempt < 20; attempt++) {
                before = System.nanoTime();
                for (int i = 0; i < warehouses; i++) operations[i] = counters.get((i + 1) * STRIDE);
                after = System.nanoTime();
                if (after - before < 1000000L) break;
            }
            nanos = before + (after - before) / 2;
        }
    }

    /** What was done between two moments, by the clock and not by the plan. */
    private static final class Interval {
        final long nanos;
        long operations;
        long least = Long.MAX_VALUE;
        long most;

        Interval(Snapshot begin, Snapshot end) {
            nanos = end.nanos - begin.nanos;
            for (int i = 0; i < end.operations.length; i++) {
                long done = end.operations[i] - begin.operations[i];
                operations += done;
                least = Math.min(least, done);
                most = Math.max(most, done);
            }
        }

        double throughput() {
            return operations * 1e9 / nanos;
        }
    }

    /** A thread with its warehouse. It loads its data itself, so that memory lies where the thread runs. */
    private static final class Worker extends Thread {
        final int id;
        volatile boolean stop;
        volatile Throwable death;
        private final AtomicLongArray counters;
        private final CountDownLatch loaded;

        Worker(int id, AtomicLongArray counters, CountDownLatch loaded) {
            super("warehouse-" + id);
            setDaemon(true);
            this.id = id;
            this.counters = counters;
            this.loaded = loaded;
        }

        @Override
        public void run() {
            boolean waiting = true;
            try {
                Store store = new Store(id);
                loaded.countDown();
                waiting = false;
                long done = 0;
                while (!stop) {
                    store.transaction();
                    counters.lazySet(id * STRIDE, ++done);
                }
                sink ^= store.checksum;
            } catch (Throwable problem) {
                death = problem;
            } finally {
                if (waiting) loaded.countDown();
            }
        }
    }

    private static final class Item {
        final String name;
        final int price;
        final int[] stock = new int[8];
        Item(String name, int price) {
            this.name = name;
            this.price = price;
        }
    }

    private static final class Customer {
        final String name;
        long balance;
        Order latest;
        Customer(String name) {
            this.name = name;
        }
    }

    private static final class Order {
        final long number;
        final Customer customer;
        final Item[] items;
        final int[] amounts;
        String note = "";
        Order(long number, Customer customer, int lines) {
            this.number = number;
            this.customer = customer;
            this.items = new Item[lines];
            this.amounts = new int[lines];
        }
    }

    /**
     * One warehouse: items, customers and the latest orders, a few megabytes that never grow. Nothing here depends
     * on time, locale, hash seeds or the order of a hash map; the random numbers are our own (xorshift64*).
     */
    private static final class Store {
        private static final int ITEMS = 4000;
        private static final int CUSTOMERS = 2000;
        private static final int ORDERS_KEPT = 2500;
        long checksum;
        private long random;
        private long orderNumber;
        private final Item[] items = new Item[ITEMS];
        private final HashMap<String, Customer> customers = new HashMap<>();
        private final TreeMap<Long, Order> orders = new TreeMap<>();
        private final ArrayDeque<Order> toShip = new ArrayDeque<>();

        Store(int seed) {
            random = 0x9E3779B97F4A7C15L * (seed + 1);
            for (int i = 0; i < ITEMS; i++) {
                items[i] = new Item("item-" + i + "-" + Integer.toString(next(1 << 20), 36), 100 + next(99900));
                for (int shelf = 0; shelf < 8; shelf++) items[i].stock[shelf] = 50 + next(50);
            }
            for (int i = 0; i < CUSTOMERS; i++) customers.put("customer-" + i, new Customer("customer-" + i));
            for (int i = 0; i < ORDERS_KEPT; i++) order();
        }

        void transaction() {
            int kind = next(100);
            if (kind < 42) order();
            else if (kind < 72) pay();
            else if (kind < 84) lookUp();
            else if (kind < 92) ship();
            else if (kind < 98) restock();
            else summarize();
        }

        private void order() {
            Customer customer = customer();
            Order order = new Order(++orderNumber, customer, 5 + next(11));
            long total = 0;
            for (int i = 0; i < order.items.length; i++) {
                Item item = items[next(ITEMS)];
                int shelf = next(8);
                int amount = 1 + next(9);
                if (item.stock[shelf] < amount) item.stock[shelf] += 91;
                item.stock[shelf] -= amount;
                order.items[i] = item;
                order.amounts[i] = amount;
                total += (long) item.price * amount;
            }
            customer.balance += total;
            customer.latest = order;
            orders.put(order.number, order);
            toShip.add(order);
            if (toShip.size() > ORDERS_KEPT / 2) ship();
            if (orders.size() > ORDERS_KEPT) orders.pollFirstEntry();
            mix(total);
        }

        private void pay() {
            Customer customer = customer();
            long paid = Math.min(customer.balance, 1000 + next(500000));
            customer.balance -= paid;
            StringBuilder receipt = new StringBuilder("receipt for ").append(customer.name);
            receipt.append(": ").append(paid / 100).append('.').append(paid % 100 / 10).append(paid % 10);
            mix(receipt.toString().hashCode());
        }

        private void lookUp() {
            Order order = customer().latest;
            if (order == null) {
                mix(1);
                return;
            }
            StringBuilder text = new StringBuilder();
            for (int i = 0; i < order.items.length; i++) {
                text.append(order.amounts[i]).append(" x ").append(order.items[i].name).append(';');
            }
            String list = text.toString();
            long found = 0;
            for (int from = 0; from < list.length(); ) {
                int end = list.indexOf(';', from);
                String entry = list.substring(from, end);
                found += Integer.parseInt(entry.substring(0, entry.indexOf(' '))) * 31L + entry.hashCode();
                from = end + 1;
            }
            mix(found + order.note.length());
        }

        private void ship() {
            for (int i = 0; i < 10 && !toShip.isEmpty(); i++) {
                Order order = toShip.poll();
                order.note = "shipped " + order.number + " to " + order.customer.name;
                mix(order.note.hashCode());
            }
        }

        private void restock() {
            int first = next(ITEMS - 200);
            long sum = 0;
            for (int i = first; i < first + 200; i++) {
                int[] stock = items[i].stock;
                for (int shelf = 0; shelf < stock.length; shelf++) {
                    if (stock[shelf] < 10) stock[shelf] += 40;
                    sum += stock[shelf];
                }
            }
            mix(sum);
        }

        private void summarize() {
            TreeSet<String> best = new TreeSet<>();
            long[] amounts = new long[64];
            for (Order order : orders.tailMap(orderNumber - 100).values()) {
                for (int i = 0; i < order.items.length; i++) {
                    amounts[order.items[i].price & 63] += order.amounts[i];
                    if (order.amounts[i] == 9) best.add(order.items[i].name);
                }
            }
            for (long amount : amounts) mix(amount);
            for (String name : best) mix(name.hashCode());
        }

        private Customer customer() {
            return customers.get("customer-" + next(CUSTOMERS));
        }

        private int next(int bound) {
            random ^= random >>> 12;
            random ^= random << 25;
            random ^= random >>> 27;
            return (int) (((random * 0x2545F4914F6CDD1DL) >>> 33) % bound);
        }

        private void mix(long value) {
            checksum = (checksum ^ value) * 0x9E3779B97F4A7C15L;
            checksum ^= checksum >>> 32;
        }
    }

    private static final class Settings {
        int warehouses;
        String rampText;
        String measureText;
        long rampMillis;
        long measureMillis;
        List<Integer> points;
        String configHash = "none";

        static Settings parse(String[] arguments) {
            HashMap<String, String> given = new HashMap<>();
            for (int i = 0; i < arguments.length; i += 2) {
                if (!arguments[i].matches("--(warehouses|ramp-seconds|measure-seconds|points|config-hash)"))
                    throw new IllegalArgumentException("unknown argument: " + arguments[i]);
                if (i + 1 == arguments.length) throw new IllegalArgumentException(arguments[i] + " lacks its value");
                if (given.put(arguments[i], arguments[i + 1]) != null)
                    throw new IllegalArgumentException(arguments[i] + " is given twice");
            }
            Settings settings = new Settings();
            settings.warehouses = count(given, "--warehouses");
            settings.rampText = matching(given, "--ramp-seconds", "[0-9]{1,6}(\\.[0-9]{1,3})?");
            settings.measureText = matching(given, "--measure-seconds", "[0-9]{1,6}(\\.[0-9]{1,3})?");
            settings.rampMillis = Math.round(Double.parseDouble(settings.rampText) * 1000);
            settings.measureMillis = Math.round(Double.parseDouble(settings.measureText) * 1000);
            if (settings.measureMillis == 0) throw new IllegalArgumentException("--measure-seconds must be more than 0");
            if (given.containsKey("--config-hash"))
                settings.configHash = matching(given, "--config-hash", "[0-9A-Za-z:_-]{1,128}");
            settings.points = new ArrayList<>();
            if (given.containsKey("--points")) settings.parsePoints(given);
            else for (int i = 1; i <= 2 * settings.warehouses; i++) settings.points.add(i);
            return settings;
        }

        private void parsePoints(HashMap<String, String> given) {
            int last = 0;
            for (String point : matching(given, "--points", "[0-9]{1,5}(,[0-9]{1,5})*").split(",")) {
                int value = Integer.parseInt(point);
                if (value <= last) throw new IllegalArgumentException("--points must rise and begin at 1 or more");
                points.add(value);
                last = value;
            }
            for (int i = warehouses; i <= 2 * warehouses; i++) {
                if (!points.contains(i)) throw new IllegalArgumentException("--points lacks " + i + ": the score is the mean of "
                    + warehouses + " to " + 2 * warehouses + " warehouses, and all of them are needed");
            }
        }

        private static int count(HashMap<String, String> given, String name) {
            int value = Integer.parseInt(matching(given, name, "[0-9]{1,5}"));
            if (value < 1) throw new IllegalArgumentException(name + " must be 1 or more");
            return value;
        }

        private static String matching(HashMap<String, String> given, String name, String pattern) {
            String value = given.get(name);
            if (value == null) throw new IllegalArgumentException(name + " is missing");
            if (!value.matches(pattern)) throw new IllegalArgumentException(name + " is not understood: " + value);
            return value;
        }
    }

    private static void sleepUntil(long nanos) throws InterruptedException {
        for (long left = nanos - System.nanoTime(); left > 0; left = nanos - System.nanoTime()) {
            Thread.sleep(left / 1000000, (int) (left % 1000000));
        }
    }

    private static long gcMillis() {
        long sum = 0;
        for (GarbageCollectorMXBean collector : ManagementFactory.getGarbageCollectorMXBeans()) {
            sum += Math.max(0, collector.getCollectionTime());
        }
        return sum;
    }

    private static String reasonOf(Throwable problem) {
        return problem instanceof OutOfMemoryError ? "out-of-memory" : "thread-died";
    }

    private static String decimal(double value) {
        return String.format(Locale.ROOT, "%.2f", value);
    }

    private static String property(String name) {
        return quoted(System.getProperty(name, "unknown"));
    }

    private static String quoted(String text) {
        return '"' + text.replaceAll("[^ !#-\\[\\]-~]", "?") + '"';
    }

    private static String join(List<Integer> numbers) {
        StringBuilder text = new StringBuilder();
        for (int number : numbers) text.append(text.length() == 0 ? "" : ",").append(number);
        return text.toString();
    }

    private static synchronized void line(String record) {
        OUT.print("warehouse: " + record + "\n");
        OUT.flush();
    }

    private static PrintStream asciiOutput() {
        try {
            return new PrintStream(new FileOutputStream(FileDescriptor.out), false, "US-ASCII");
        } catch (java.io.UnsupportedEncodingException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
