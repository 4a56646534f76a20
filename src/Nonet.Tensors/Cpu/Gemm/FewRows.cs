using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Nonet.Tensors.Cpu;

/// <summary>
/// y (M, N) = x (M, K) Wᵀ for a few rows, limited by memory bandwidth: each weight is read once, transposed in the first-level cache and multiplied
/// there. Every element is summed in the order of <see cref="Gemm"/>, in the same chains of fused multiply-adds over k, so a row has the same bits
/// among few rows as among many.
/// </summary>
static unsafe class FewRows
{
    /// <summary>Largest number of rows. With more rows it pays to pack W for <see cref="Gemm"/>.</summary>
    public const int Most = 32;

    /// <summary>Columns of k that are transposed at a time: 8 KB at 512 bits.</summary>
    const int Step = 64;

    public static void Run(CpuDevice device, float* x, int m, int k, Tensor w, float* y, in Epilogue epilogue)
    {
        var n = w.Shape[0];
        var width = 2 * device.VectorBits / 32;
        var floats = (Step + 2 * m) * width;
        using var scratch = new Scratch(device, (long)floats * device.Threads);
        device.For((n + width - 1) / width,
            new Job
            {
                X = x,
                W = Operand.Of(w, transposed: true),
                Y = y,
                M = m,
                N = n,
                K = k,
                Depth = Gemm.DepthOf(k),
                Scratch = scratch.F32,
                ScratchFloats = floats,
                Epilogue = epilogue
            });
    }

    /// <summary>One panel of columns of y, for all rows.</summary>
    struct Job : ILaneJob
    {
        public float* X, Y, Scratch;
        public Operand W;
        public int M, N, K, Depth, ScratchFloats;
        public Epilogue Epilogue;

        public readonly void Run<V>(int i, int worker) where V : struct, ILanes<V>
        {
            var width = 2 * V.Count;
            var first = i * width;
            var columns = Math.Min(width, N - first);
            var panel = Scratch + (nint)worker * ScratchFloats;
            var chain = panel + Step * width;
            var sums = chain + M * width;
            for (var k0 = 0; k0 < K; k0 += Depth)
            {
                var depth = Math.Min(Depth, K - k0);
                for (var p = 0; p < depth; p += Step)
                {
                    var steps = Math.Min(Step, depth - p);
                    Prefetch(first, columns, k0 + p + steps);
                    Pack.BPanel<V>(W, k0 + p, steps, first, columns, panel);
                    for (var r = 0; r < M;)
                        r += Rows<V>(Math.Min(Tile.Rows, M - r), steps, X + (nint)r * K + k0 + p, panel, chain + r * width, begins: p == 0);
                }
                for (var j = 0; j < M * width; j += V.Count)
                    (k0 == 0 ? V.Load(chain + j) : V.Load(sums + j) + V.Load(chain + j)).Store(sums + j);
            }
            for (var r = 0; r < M; r++)
                new ReadOnlySpan<float>(sums + r * width, columns).CopyTo(new Span<float>(Y + (nint)r * N + first, columns));
            Epilogue.Apply<V>(Y, N, 0, M, first, columns);
        }

        /// <summary>Prefetches the weights that are transposed next. The rows of W are too many streams for the hardware prefetcher.</summary>
        readonly void Prefetch(int first, int columns, int k)
        {
            if (!Sse.IsSupported || k >= K)
                return;
            var size = W.Type == DType.F32 ? sizeof(float) : sizeof(ushort);
            var bytes = Math.Min(Step, K - k) * size;
            for (var j = 0; j < columns; j++)
            {
                var at = (byte*)W.Data + ((first + j) * W.Stride + k) * size;
                for (var b = 0; b < bytes; b += 64)
                    Sse.Prefetch0(at + b);
            }
        }

        /// <summary>Continues the chains of up to six rows. Returns the number of rows that it processed.</summary>
        readonly int Rows<V>(int rows, int steps, float* x, float* panel, float* chain, bool begins) where V : struct, ILanes<V>
        {
            if (rows == Tile.Rows)
            {
                Six<V>(steps, x, panel, chain, begins);
                return Tile.Rows;
            }
            if (rows >= 2)
            {
                Two<V>(steps, x, panel, chain, begins);
                return 2;
            }
            One<V>(steps, x, panel, chain, begins);
            return 1;
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        static void One<V>(int steps, float* x, float* panel, float* chain, bool begins) where V : struct, ILanes<V>
        {
            V c0 = default, c1 = default;
            if (!begins)
                (c0, c1) = (V.Load(chain), V.Load(chain + V.Count));
            for (var p = 0; p < steps; p++, panel += 2 * V.Count)
            {
                var a = V.Broadcast(x[p]);
                c0 = V.Fma(a, V.Load(panel), c0);
                c1 = V.Fma(a, V.Load(panel + V.Count), c1);
            }
            c0.Store(chain);
            c1.Store(chain + V.Count);
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        readonly void Two<V>(int steps, float* x, float* panel, float* chain, bool begins) where V : struct, ILanes<V>
        {
            var z = x + K;
            V c00 = default, c01 = default, c10 = default, c11 = default;
            if (!begins)
                (c00, c01, c10, c11) = (V.Load(chain), V.Load(chain + V.Count), V.Load(chain + 2 * V.Count), V.Load(chain + 3 * V.Count));
            for (var p = 0; p < steps; p++, panel += 2 * V.Count)
            {
                V b0 = V.Load(panel), b1 = V.Load(panel + V.Count);
                var a = V.Broadcast(x[p]);
                c00 = V.Fma(a, b0, c00);
                c01 = V.Fma(a, b1, c01);
                a = V.Broadcast(z[p]);
                c10 = V.Fma(a, b0, c10);
                c11 = V.Fma(a, b1, c11);
            }
            c00.Store(chain);
            c01.Store(chain + V.Count);
            c10.Store(chain + 2 * V.Count);
            c11.Store(chain + 3 * V.Count);
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        readonly void Six<V>(int steps, float* x, float* panel, float* chain, bool begins) where V : struct, ILanes<V>
        {
            V c00 = default, c01 = default, c10 = default, c11 = default, c20 = default, c21 = default;
            V c30 = default, c31 = default, c40 = default, c41 = default, c50 = default, c51 = default;
            float* x1 = x + K, x2 = x1 + K, x3 = x2 + K, x4 = x3 + K, x5 = x4 + K;
            var w = 2 * V.Count;
            if (!begins)
            {
                (c00, c01, c10, c11) = (V.Load(chain), V.Load(chain + V.Count), V.Load(chain + w), V.Load(chain + w + V.Count));
                (c20, c21, c30, c31) = (V.Load(chain + 2 * w), V.Load(chain + 2 * w + V.Count), V.Load(chain + 3 * w), V.Load(chain + 3 * w + V.Count));
                (c40, c41, c50, c51) = (V.Load(chain + 4 * w), V.Load(chain + 4 * w + V.Count), V.Load(chain + 5 * w), V.Load(chain + 5 * w + V.Count));
            }
            for (var p = 0; p < steps; p++, panel += 2 * V.Count)
            {
                V b0 = V.Load(panel), b1 = V.Load(panel + V.Count);
                var a = V.Broadcast(x[p]);
                c00 = V.Fma(a, b0, c00);
                c01 = V.Fma(a, b1, c01);
                a = V.Broadcast(x1[p]);
                c10 = V.Fma(a, b0, c10);
                c11 = V.Fma(a, b1, c11);
                a = V.Broadcast(x2[p]);
                c20 = V.Fma(a, b0, c20);
                c21 = V.Fma(a, b1, c21);
                a = V.Broadcast(x3[p]);
                c30 = V.Fma(a, b0, c30);
                c31 = V.Fma(a, b1, c31);
                a = V.Broadcast(x4[p]);
                c40 = V.Fma(a, b0, c40);
                c41 = V.Fma(a, b1, c41);
                a = V.Broadcast(x5[p]);
                c50 = V.Fma(a, b0, c50);
                c51 = V.Fma(a, b1, c51);
            }
            Put(chain, c00, c01);
            Put(chain + w, c10, c11);
            Put(chain + 2 * w, c20, c21);
            Put(chain + 3 * w, c30, c31);
            Put(chain + 4 * w, c40, c41);
            Put(chain + 5 * w, c50, c51);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        static void Put<V>(float* to, V a, V b) where V : struct, ILanes<V>
        {
            a.Store(to);
            b.Store(to + V.Count);
        }
    }
}
