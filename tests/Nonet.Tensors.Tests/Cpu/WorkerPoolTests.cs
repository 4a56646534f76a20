using Nonet.Tensors.Cpu;
using Xunit;

namespace Nonet.Tensors.Tests;

public unsafe class WorkerPoolTests
{
    public static TheoryData<int> Counts => [1, 2, 3, 7];

    struct CountJob : IJob
    {
        public int* Visits;
        public readonly void Run(int i, int worker) => Interlocked.Increment(ref Visits[i]);
    }

    [Theory, MemberData(nameof(Counts))]
    public void Every_piece_is_done_once(int threads)
    {
        using var pool = new WorkerPool(threads);
        foreach (var count in new[] { 0, 1, 2, 3, 100, 10_000 })
        {
            var visits = new int[count + 1];
            fixed (int* p = visits)
            {
                var job = new CountJob { Visits = p };
                pool.For(count, ref job);
            }
            Assert.All(visits[..count], n => Assert.Equal(1, n));
            Assert.Equal(0, visits[count]);
        }
    }

    [Theory, MemberData(nameof(Counts))]
    public void Many_small_loops_lose_no_piece(int threads)
    {
        using var pool = new WorkerPool(threads);
        var visits = new int[8];
        const int Loops = 20_000;
        fixed (int* p = visits)
        {
            for (var loop = 0; loop < Loops; loop++)
            {
                var job = new CountJob { Visits = p };
                pool.For(8, ref job);
                if (loop % 4000 == 0)
                    Thread.Sleep(5); // long enough for the workers to fall asleep
            }
        }
        Assert.All(visits, n => Assert.Equal(Loops, n));
    }

    struct WorkerJob : IJob
    {
        public int* Busy;
        public int Workers;

        public readonly void Run(int i, int worker)
        {
            if ((uint)worker >= (uint)Workers)
                throw new InvalidOperationException($"worker {worker} of {Workers}");
            if (Interlocked.Increment(ref Busy[worker]) != 1)
                throw new InvalidOperationException($"two pieces at once as worker {worker}");
            Thread.SpinWait(50);
            Interlocked.Decrement(ref Busy[worker]);
        }
    }

    [Theory, MemberData(nameof(Counts))]
    public void Worker_numbers_are_in_range_and_never_shared(int threads)
    {
        using var pool = new WorkerPool(threads);
        var busy = new int[threads];
        fixed (int* p = busy)
        {
            var job = new WorkerJob { Busy = p, Workers = threads };
            pool.For(5000, ref job);
        }
    }

    struct FailingJob : IJob
    {
        public int Bad;

        public readonly void Run(int i, int worker)
        {
            if (i == Bad)
                throw new InvalidDataException($"piece {i}");
        }
    }

    [Theory, MemberData(nameof(Counts))]
    public void An_exception_of_a_piece_reaches_the_caller_and_the_pool_goes_on(int threads)
    {
        using var pool = new WorkerPool(threads);
        foreach (var bad in new[] { 0, 50, 99 })
        {
            var e = Assert.Throws<InvalidDataException>(() => Fail(pool, bad));
            Assert.Equal($"piece {bad}", e.Message);
            var visits = new int[100];
            fixed (int* p = visits)
            {
                var job = new CountJob { Visits = p };
                pool.For(100, ref job);
            }
            Assert.All(visits, n => Assert.Equal(1, n));
        }
    }

    static void Fail(WorkerPool pool, int bad)
    {
        var job = new FailingJob { Bad = bad };
        pool.For(100, ref job);
    }

    struct OuterJob : ILaneJob
    {
        public float* Values;
        public int Inner;

        public readonly void Run<V>(int i, int worker) where V : struct, ILanes<V> =>
            new Span<float>(Values + i * Inner, Inner).Fill(i);
    }

    struct NestedJob : IJob
    {
        public nint Pool;
        public int* Visits;

        public readonly void Run(int i, int worker)
        {
            var pool = (WorkerPool)System.Runtime.InteropServices.GCHandle.FromIntPtr(Pool).Target!;
            var job = new CountJob { Visits = Visits + i * 10 };
            pool.For(10, ref job);
        }
    }

    [Theory, MemberData(nameof(Counts))]
    public void A_loop_inside_a_loop_runs(int threads)
    {
        using var pool = new WorkerPool(threads);
        var handle = System.Runtime.InteropServices.GCHandle.Alloc(pool);
        var visits = new int[200];
        fixed (int* p = visits)
        {
            var job = new NestedJob { Pool = System.Runtime.InteropServices.GCHandle.ToIntPtr(handle), Visits = p };
            pool.For(20, ref job);
        }
        handle.Free();
        Assert.All(visits, n => Assert.Equal(1, n));
    }

    [Fact]
    public void Callers_on_several_threads_take_turns()
    {
        using var device = new CpuDevice(new CpuOptions { Threads = 3 });
        var sums = new double[4];
        Parallel.For(0, sums.Length, t =>
        {
            using var scope = new TensorScope();
            for (var i = 0; i < 50; i++)
            {
                var x = device.Full(new Shape(40_000), DType.F32, t + 1);
                sums[t] += x.AsSpan<float>()[39_999];
            }
        });
        Assert.Equal([50, 100, 150, 200], sums);
    }

    [Fact]
    public void Lane_loops_run_at_the_width_of_the_device()
    {
        foreach (var device in Op.Cpus)
        {
            using var x = device.Empty(new Shape(5, 3));
            device.For(5, new OuterJob { Values = x.F32, Inner = 3 });
            Assert.Equal([0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4], x.ToDoubles());
        }
    }

    [Fact]
    public void A_disposed_pool_refuses_loops()
    {
        var pool = new WorkerPool(2);
        pool.Dispose();
        pool.Dispose();
        Assert.Throws<ObjectDisposedException>(() => Fail(pool, -1));
    }

    [Theory]
    [InlineData(0, 256), InlineData(2000, 256), InlineData(1, 64)]
    public void Impossible_options_are_refused(int threads, int bits)
    {
        var e = Assert.Throws<ArgumentException>(() => new CpuDevice(new CpuOptions { Threads = threads, VectorBits = bits }));
        Assert.Contains(bits == 64 ? "64" : $"{threads}", e.Message, StringComparison.Ordinal);
    }
}
