using System.Runtime.CompilerServices;

namespace Nonet.Tensors.Cpu;

/// <summary>One piece of work of a parallel loop. A struct of numbers and pointers: a loop allocates nothing.</summary>
interface IJob
{
    /// <summary>Does piece i. <paramref name="worker"/> numbers the thread, for scratch memory; it must not change the result.</summary>
    void Run(int i, int worker);
}

/// <summary>
/// Threads that wait for parallel loops: a short spin, then sleep. The pieces of a loop are taken in turn by whoever is free, so
/// what a piece computes must not depend on who takes it. One loop at a time; a loop inside a loop runs on the caller alone.
/// </summary>
sealed unsafe class WorkerPool : IDisposable
{
    const int Spins = 2000;
    readonly Thread[] threads;
    readonly SemaphoreSlim[] wakes;
    readonly int[] asleep;
    readonly Lock gate = new();
    volatile bool stopping;
    volatile int generation;
    int running;
    delegate*<void*, int, int, void> body;
    void* state;
    int count;
    PaddedCounter next;
    Exception? failure;
    [ThreadStatic] static bool inside;

    public WorkerPool(int workers)
    {
        Workers = workers;
        threads = new Thread[workers - 1];
        wakes = new SemaphoreSlim[workers - 1];
        asleep = new int[workers - 1];
        for (var i = 0; i < threads.Length; i++)
        {
            var index = i;
            wakes[i] = new SemaphoreSlim(0);
            threads[i] = new Thread(() => Work(index)) { IsBackground = true, Name = $"nonet worker {i + 1}" };
            threads[i].Start();
        }
    }

    /// <summary>Threads that take part in a loop, the caller among them.</summary>
    public int Workers { get; }

    /// <summary>Runs pieces 0 .. count - 1 and returns when all are done. The first exception of a piece is thrown here.</summary>
    public void For<TJob>(int count, ref TJob job) where TJob : unmanaged, IJob
    {
        if (count <= 1 || Workers == 1 || inside)
        {
            for (var i = 0; i < count; i++)
                job.Run(i, 0);
            return;
        }
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(stopping, this);
            inside = true;
            try
            {
                fixed (TJob* p = &job)
                {
                    state = p;
                    body = &Invoke<TJob>;
                    this.count = count;
                    next.Value = 0;
                    running = threads.Length;
                    generation++;
                    for (var i = 0; i < threads.Length; i++)
                    {
                        if (Interlocked.CompareExchange(ref asleep[i], 0, 1) == 1)
                            wakes[i].Release();
                    }
                    Take(0);
                    var spin = new SpinWait();
                    while (Volatile.Read(ref running) != 0)
                    {
                        if (spin.Count < 100)
                            Thread.SpinWait(10);
                        else
                            Thread.Yield();
                        spin.SpinOnce(-1);
                    }
                }
            }
            finally
            {
                inside = false;
            }
            if (failure is { } e)
            {
                failure = null;
                throw new AggregateException(e);
            }
        }
    }

    static void Invoke<TJob>(void* state, int i, int worker) where TJob : unmanaged, IJob => Unsafe.AsRef<TJob>(state).Run(i, worker);

    void Take(int worker)
    {
        try
        {
            int i;
            while ((i = Interlocked.Increment(ref next.Value) - 1) < count)
                body(state, i, worker);
        }
        catch (Exception e)
        {
            Volatile.Write(ref next.Value, count);
            Interlocked.CompareExchange(ref failure, e, null);
        }
    }

    void Work(int index)
    {
        inside = true;
        var seen = 0;
        while (true)
        {
            var spins = 0;
            while (generation == seen && !stopping)
            {
                if (++spins < Spins)
                {
                    Thread.SpinWait(20);
                    continue;
                }
                Volatile.Write(ref asleep[index], 1);
                Interlocked.MemoryBarrier();
                if (generation != seen || stopping)
                {
                    if (Interlocked.CompareExchange(ref asleep[index], 0, 1) == 1)
                        break;
                }
                wakes[index].Wait();
                spins = 0;
            }
            if (stopping)
                return;
            seen = generation;
            Take(index + 1);
            Interlocked.Decrement(ref running);
        }
    }

    public void Dispose()
    {
        lock (gate)
        {
            if (stopping)
                return;
            stopping = true;
            foreach (var wake in wakes)
                wake.Release();
            foreach (var thread in threads)
                thread.Join();
            foreach (var wake in wakes)
                wake.Dispose();
        }
    }

    [System.Runtime.InteropServices.StructLayout(System.Runtime.InteropServices.LayoutKind.Explicit, Size = 128)]
    struct PaddedCounter
    {
        [System.Runtime.InteropServices.FieldOffset(64)] public int Value;
    }
}
