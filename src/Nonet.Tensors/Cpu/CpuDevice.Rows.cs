namespace Nonet.Tensors.Cpu;

/// <summary>One row of a loop over rows.</summary>
interface IRowJob
{
    void Run<V>(int row) where V : struct, ILanes<V>;
}

public sealed unsafe partial class CpuDevice
{
    /// <summary>Runs rows 0 .. rows - 1. Each piece has about <see cref="ChunkElements"/> elements.</summary>
    internal void ByRows<TJob>(int rows, long width, TJob job) where TJob : unmanaged, IRowJob
    {
        var share = (int)Math.Max(1, ChunkElements / Math.Max(1, width));
        For((rows + share - 1) / share, new RowLoop<TJob> { Job = job, Rows = rows, Share = share });
    }

    struct RowLoop<TJob> : ILaneJob where TJob : unmanaged, IRowJob
    {
        public TJob Job;
        public int Rows, Share;

        public void Run<V>(int i, int worker) where V : struct, ILanes<V>
        {
            var end = Math.Min(Rows, (i + 1) * Share);
            for (var row = i * Share; row < end; row++)
                Job.Run<V>(row);
        }
    }
}
