using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Nonet.Tensors.Cpu;

/// <summary>One piece of work of a parallel loop. A struct of numbers and pointers: a loop allocates nothing.</summary>
interface IJob
{
    /// <summary>Does piece i. <paramref name="worker"/> numbers the thread, for scratch memory; it must not change the result.</summary>
    void Run(int i, int worker);
}

/// <summary>
/// Threads for parallel loops. An idle thread spins briefly, then sleeps. Free threads take the pieces of a loop in turn, so the result of a piece
/// must not depend on its thread. The caller waits for pieces that have begun, never for a thread that the system has not woken yet. One loop runs at
/// a time; a loop inside a loop runs on the calling thread alone.
/// </summary>
sealed unsafe class WorkerPool : IDisposable
{
    const int Spins = 2000;
    readonly Thread[] threads;
    readonly SemaphoreSlim[] wakes;
    readonly int[] asleep;
    readonly Lock gate = new();
    volatile bool stopping;
    Padded<long> ticket; // generation of the loop << 16 | open << 15 | threads inside
    const long Open = 1 << 15;
    delegate*<void*, int, int, void> body;
    void* state;
    int count;
    Padded<int> next;
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

    /// <summary>Number of threads that take part in a loop, including the caller.</summary>
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
                    Volatile.Write(ref ticket.Value, ((ticket.Value >> 16) + 1) << 16 | Open);
                    for (var i = 0; i < threads.Length; i++)
                    {
                        if (Interlocked.CompareExchange(ref asleep[i], 0, 1) == 1)
                            wakes[i].Release();
                    }
                    Take(0);
                    Interlocked.Add(ref ticket.Value, -Open);
                    for (var spins = 0; (Volatile.Read(ref ticket.Value) & 0xffff) != 0; spins++)
                    {
                        if (spins < Spins)
                            Thread.SpinWait(10);
                        else
                            Thread.Yield();
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
                System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(e);
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
        var seen = 0L;
        while (true)
        {
            var spins = 0;
            while (!TryEnter(ref seen))
            {
                if (stopping)
                    return;
                if (++spins < Spins)
                {
                    Thread.SpinWait(20);
                    continue;
                }
                spins = 0;
                Volatile.Write(ref asleep[index], 1);
                Interlocked.MemoryBarrier();
                if ((!IsNew(seen) && !stopping) || Interlocked.CompareExchange(ref asleep[index], 0, 1) == 0)
                    wakes[index].Wait();
            }
            Take(index + 1);
            Interlocked.Decrement(ref ticket.Value);
        }
    }

    bool IsNew(long seen)
    {
        var now = Volatile.Read(ref ticket.Value);
        return now >> 16 != seen && (now & Open) != 0;
    }

    /// <summary>Joins the open loop, if there is one that this thread has not joined before.</summary>
    bool TryEnter(ref long seen)
    {
        while (IsNew(seen))
        {
            var now = Volatile.Read(ref ticket.Value);
            if ((now & Open) == 0 || Interlocked.CompareExchange(ref ticket.Value, now + 1, now) != now)
                continue;
            seen = now >> 16;
            return true;
        }
        return false;
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

    /// <summary>A value on its own cache lines.</summary>
    [StructLayout(LayoutKind.Sequential)]
    struct Padded<T> where T : unmanaged
    {
        readonly Line before;
        public T Value;
        readonly Line after;
    }

    [InlineArray(15)]
    struct Line
    {
        long first;
    }
}
