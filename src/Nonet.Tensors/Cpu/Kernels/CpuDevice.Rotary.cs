using System.Runtime.CompilerServices;
using Nonet.Tensors.Autograd;

namespace Nonet.Tensors.Cpu;

public sealed unsafe partial class CpuDevice
{
    /// <inheritdoc/>
    public override void Rotary(Tensor x, Indices positions, RotaryTable table, int headWidth, bool inverse, GradientTarget y) =>
        Rotary(x, positions, table, table.Rows(positions.Max), headWidth, inverse, y);

    internal void Rotary(Tensor x, Indices positions, RotaryTable table, Tensor rows, int headWidth, bool inverse, GradientTarget y)
    {
        if (!y.Wanted || x.Elements == 0)
            return;
        ByRows(x.Shape.Rows, x.Shape.Last, new RotaryJob
        {
            X = x.F32,
            Y = y.Tensor.F32,
            Table = rows.F32,
            Positions = positions.I32,
            Heads = x.Shape.Last / headWidth,
            HeadWidth = headWidth,
            Width = table.Width,
            Interleaved = table.Layout == RotaryLayout.Interleaved,
            Sign = inverse ? -1 : 1,
            Add = y.Add,
        });
    }

    /// <summary>All heads of a row. Both layouts round in the same way: fma(a, cos, -(b sin)), fma(b, cos, a sin).</summary>
    struct RotaryJob : IRowJob
    {
        public float* X, Y, Table;
        public int* Positions;
        public int Heads, HeadWidth, Width;
        public float Sign;
        public bool Interleaved, Add;

        public readonly void Run<V>(int row) where V : struct, ILanes<V>
        {
            var angles = Table + (nint)Positions[row] * (Interleaved ? 2 * Width : Width);
            var rest = HeadWidth - Width;
            for (var head = 0; head < Heads; head++)
            {
                var at = ((nint)row * Heads + head) * HeadWidth;
                float* x = X + at, y = Y + at;
                if (Interleaved)
                    TurnPairs<V>(x, y, angles, angles + Width);
                else
                    TurnHalves<V>(x, y, angles, angles + Width / 2);
                if (rest > 0 && (Add || x != y))
                    Row.Map<V, Identity>(default, x + Width, x + Width, y + Width, rest, Add);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        readonly void TurnHalves<V>(float* x, float* y, float* cos, float* sin) where V : struct, ILanes<V>
        {
            var half = Width / 2;
            var sign = V.Broadcast(Sign);
            var i = 0;
            for (; i <= half - V.Count; i += V.Count)
            {
                var c = V.Load(cos + i);
                var s = V.Load(sin + i) * sign;
                var a = V.Load(x + i);
                var b = V.Load(x + half + i);
                var p = V.Fma(a, c, -(b * s));
                var q = V.Fma(b, c, a * s);
                if (Add)
                {
                    p = V.Load(y + i) + p;
                    q = V.Load(y + half + i) + q;
                }
                p.Store(y + i);
                q.Store(y + half + i);
            }
            for (; i < half; i++)
            {
                var s = sin[i] * Sign;
                var (a, b) = (x[i], x[half + i]);
                Put(y + i, MathF.FusedMultiplyAdd(a, cos[i], -(b * s)));
                Put(y + half + i, MathF.FusedMultiplyAdd(b, cos[i], a * s));
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        readonly void TurnPairs<V>(float* x, float* y, float* cos, float* sin) where V : struct, ILanes<V>
        {
            var sign = V.Broadcast(Sign);
            var i = 0;
            for (; i <= Width - V.Count; i += V.Count)
            {
                var a = V.Load(x + i);
                var p = V.Fma(a, V.Load(cos + i), V.SwapPairs(a) * (V.Load(sin + i) * sign));
                if (Add)
                    p = V.Load(y + i) + p;
                p.Store(y + i);
            }
            for (; i < Width; i += 2)
            {
                var s = sin[i + 1] * Sign;
                var (a, b) = (x[i], x[i + 1]);
                Put(y + i, MathF.FusedMultiplyAdd(a, cos[i], -(b * s)));
                Put(y + i + 1, MathF.FusedMultiplyAdd(b, cos[i], a * s));
            }
        }

        readonly void Put(float* y, float value) => *y = Add ? *y + value : value;
    }
}
