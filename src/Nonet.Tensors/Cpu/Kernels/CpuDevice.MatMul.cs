using System.Runtime.InteropServices;
using Nonet.Tensors.Autograd;

namespace Nonet.Tensors.Cpu;

public sealed unsafe partial class CpuDevice
{
    /// <inheritdoc/>
    public override void MatMul(Tensor a, Tensor b, bool transposeA, bool transposeB, GradientTarget c)
    {
        int m = c.Tensor.Shape[-2], n = c.Tensor.Shape[-1], k = transposeA ? a.Shape[-2] : a.Shape[-1];
        var batches = c.Tensor.Shape.Elements == 0 ? 0 : checked((int)(c.Tensor.Elements / ((long)m * n)));
        var job = new MatMulJob { A = a.F32, B = b.F32, C = c.Tensor.F32, M = m, N = n, K = k, TransposeA = transposeA, TransposeB = transposeB, Add = c.Add };
        if (batches < 2 * Threads) // too few batches for all threads: each product is split among them
        {
            for (var i = 0; i < batches; i++)
                job.Multiply(this, i);
            return;
        }
        var handle = GCHandle.Alloc(this);
        try
        {
            job.Device = handle;
            For(batches, job);
        }
        finally
        {
            handle.Free();
        }
    }

    /// <summary>One product of a batch.</summary>
    struct MatMulJob : ILaneJob
    {
        public GCHandle Device;
        public float* A, B, C;
        public int M, N, K;
        public bool TransposeA, TransposeB, Add;

        public readonly void Run<V>(int i, int worker) where V : struct, ILanes<V> => Multiply((CpuDevice)Device.Target!, i);

        public readonly void Multiply(CpuDevice device, int i)
        {
            var a = new Operand { Data = A + (nint)i * M * K, Type = DType.F32, Stride = TransposeA ? M : K, Transposed = TransposeA };
            var b = new Operand { Data = B + (nint)i * K * N, Type = DType.F32, Stride = TransposeB ? K : N, Transposed = TransposeB };
            Gemm.Run(device, a, b, C + (nint)i * M * N, M, N, K, Add);
        }
    }
}
