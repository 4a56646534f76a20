namespace Nonet.Tensors.Cpu;

/// <summary>One piece of a parallel loop, written for registers of any width. A struct of numbers and pointers.</summary>
interface ILaneJob
{
    void Run<V>(int i, int worker) where V : struct, ILanes<V>;
}

/// <summary>Elements [start, start + count) of an elementwise loop.</summary>
interface IChunkJob
{
    void Run<V>(long start, int count) where V : struct, ILanes<V>;
}

public sealed unsafe partial class CpuDevice
{
    /// <summary>Elements in a piece of an elementwise loop. The number is fixed, so the split depends on the shape alone.</summary>
    internal const int ChunkElements = 16384;

    /// <summary>Runs pieces 0 .. count - 1 at the device's register width.</summary>
    internal void For<TJob>(int count, TJob job) where TJob : unmanaged, ILaneJob
    {
        var loop = new LaneLoop<TJob> { Job = job, Bits = options.VectorBits };
        Workers.For(count, ref loop);
    }

    /// <summary>Runs an elementwise job in chunks of <see cref="ChunkElements"/>.</summary>
    internal void Chunked<TJob>(long elements, TJob job) where TJob : unmanaged, IChunkJob =>
        For(checked((int)((elements + ChunkElements - 1) / ChunkElements)), new ChunkLoop<TJob> { Job = job, Elements = elements });

    struct LaneLoop<TJob> : IJob where TJob : unmanaged, ILaneJob
    {
        public TJob Job;
        public int Bits;

        public void Run(int i, int worker)
        {
            if (Bits == 512)
                Job.Run<Lanes16>(i, worker);
            else if (Bits == 256)
                Job.Run<Lanes8>(i, worker);
            else
                Job.Run<Lanes4>(i, worker);
        }
    }

    struct ChunkLoop<TJob> : ILaneJob where TJob : unmanaged, IChunkJob
    {
        public TJob Job;
        public long Elements;

        public void Run<V>(int i, int worker) where V : struct, ILanes<V>
        {
            var start = (long)i * ChunkElements;
            Job.Run<V>(start, (int)Math.Min(ChunkElements, Elements - start));
        }
    }
}
