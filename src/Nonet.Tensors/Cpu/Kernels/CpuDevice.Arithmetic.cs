using System.Runtime.CompilerServices;
using Nonet.Tensors.Autograd;

namespace Nonet.Tensors.Cpu;

public sealed unsafe partial class CpuDevice
{
    /// <inheritdoc/>
    public override void Add(Tensor a, Tensor b, Tensor y) => Rowwise<SumOfTwo>(a, b, new GradientTarget(y, add: false));

    /// <inheritdoc/>
    public override void Mul(Tensor a, Tensor b, Tensor y) => Rowwise<ProductOfTwo>(a, b, new GradientTarget(y, add: false));

    /// <inheritdoc/>
    public override void SumRows(Tensor x, GradientTarget sums)
    {
        if (sums.Wanted)
            SumRows(x, null, sums);
    }

    /// <inheritdoc/>
    public override void MulBackward(Tensor dy, Tensor a, Tensor b, GradientTarget da, GradientTarget db)
    {
        if (da.Wanted)
            Rowwise<ProductOfTwo>(dy, b, da);
        if (db.Wanted && a.Shape == b.Shape)
            Rowwise<ProductOfTwo>(dy, a, db);
        else if (db.Wanted)
            SumRows(dy, a, db);
    }

    /// <inheritdoc/>
    public override void Scale(Tensor x, float factor, GradientTarget y)
    {
        if (y.Wanted)
            Chunked(x.Elements, new ScaleJob { X = x.F32, Y = y.Tensor.F32, Factor = factor, Add = y.Add });
    }

    /// <inheritdoc/>
    public override void Dropout(Tensor x, Tensor? residual, float p, RandomKey key, GradientTarget y)
    {
        if (!y.Wanted)
            return;
        if (residual is not null && y.Add)
            throw new ArgumentException("dropout has both a residual and a target that is added to; expected one of them", nameof(residual));
        Chunked(x.Elements, new DropoutJob
        {
            X = x.F32,
            Y = y.Tensor.F32,
            P = p,
            Factor = (float)(1 / (1.0 - p)),
            Key = key,
            Added = residual is not null ? residual.F32 : y.Add ? y.Tensor.F32 : null,
        });
    }

    /// <summary>y = a op b, where b has a's shape or is one row of it.</summary>
    void Rowwise<TOp>(Tensor a, Tensor b, GradientTarget y) where TOp : struct, IBinary
    {
        if (a.Shape == b.Shape)
            Chunked(a.Elements, new BinaryJob<TOp> { A = a.F32, B = b.F32, Y = y.Tensor.F32, Add = y.Add });
        else
        {
            var piece = RowsOfPiece(a.Shape.Last);
            For((a.Shape.Rows + piece - 1) / piece, new RowwiseJob<TOp>
            {
                A = a.F32,
                B = b.F32,
                Y = y.Tensor.F32,
                Add = y.Add,
                Rows = a.Shape.Rows,
                Width = a.Shape.Last,
                RowsOfPiece = piece,
            });
        }
    }

    /// <summary>sums (C) = column sums of x, or of x ⊙ z: first over <see cref="SummedRows"/> rows at a time, then over these sums.</summary>
    void SumRows(Tensor x, Tensor? z, GradientTarget sums)
    {
        int rows = x.Shape.Rows, width = x.Shape.Last;
        var pieces = (rows + SummedRows - 1) / SummedRows;
        using var partial = new Scratch(this, (long)pieces * width);
        For(pieces, new PartialSumsJob { X = x.F32, Z = z is null ? null : z.F32, Partial = partial.F32, Rows = rows, Width = width });
        ReducePartials(partial.F32, pieces, width, width, sums);
    }

    /// <summary>Rows in a piece of a row-by-row loop without sums: about as much work as a chunk.</summary>
    static int RowsOfPiece(int width) => Math.Max(1, ChunkElements / Math.Max(1, width));

    /// <summary>Number of rows whose contributions to a column are summed one after another, before the pieces are summed.</summary>
    const int SummedRows = 64;

    /// <summary>sums (C) = or += Σ over pieces, in order, of partial sums that lie <paramref name="stride"/> floats apart.</summary>
    void ReducePartials(float* partial, int pieces, nint stride, int width, GradientTarget sums)
    {
        if (sums.Wanted)
            For((width + 255) / 256,
                new ReduceJob { Partial = partial, Sums = sums.Tensor.F32, Pieces = pieces, Stride = stride, Width = width, Add = sums.Add });
    }

    interface IBinary
    {
        static abstract V Of<V>(V a, V b) where V : struct, ILanes<V>;
    }

    struct SumOfTwo : IBinary
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)] public static V Of<V>(V a, V b) where V : struct, ILanes<V> => a + b;
    }

    struct ProductOfTwo : IBinary
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)] public static V Of<V>(V a, V b) where V : struct, ILanes<V> => a * b;
    }

    struct BinaryJob<TOp> : IChunkJob where TOp : struct, IBinary
    {
        public float* A, B, Y;
        public bool Add;

        public readonly void Run<V>(long start, int count) where V : struct, ILanes<V> => Run<V>(A + start, B + start, Y + start, count, Add);

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public static void Run<V>(float* a, float* b, float* y, int count, bool add) where V : struct, ILanes<V>
        {
            var i = 0;
            if (add)
            {
                for (; i <= count - V.Count; i += V.Count)
                    (V.Load(y + i) + TOp.Of(V.Load(a + i), V.Load(b + i))).Store(y + i);
            }
            else
            {
                for (; i <= count - V.Count; i += V.Count)
                    TOp.Of(V.Load(a + i), V.Load(b + i)).Store(y + i);
            }
            if (i < count)
            {
                var n = count - i;
                var v = TOp.Of(VectorMath.LoadTail<V>(a + i, n), VectorMath.LoadTail<V>(b + i, n));
                VectorMath.StoreTail(add ? VectorMath.LoadTail<V>(y + i, n) + v : v, y + i, n);
            }
        }
    }

    struct RowwiseJob<TOp> : ILaneJob where TOp : struct, IBinary
    {
        public float* A, B, Y;
        public bool Add;
        public int Rows, Width, RowsOfPiece;

        public readonly void Run<V>(int i, int worker) where V : struct, ILanes<V>
        {
            var last = Math.Min(Rows, (i + 1) * RowsOfPiece);
            for (var r = i * RowsOfPiece; r < last; r++)
                BinaryJob<TOp>.Run<V>(A + (nint)r * Width, B, Y + (nint)r * Width, Width, Add);
        }
    }

    struct ScaleJob : IChunkJob
    {
        public float* X, Y;
        public float Factor;
        public bool Add;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly void Run<V>(long start, int count) where V : struct, ILanes<V>
        {
            float* x = X + start, y = Y + start;
            var factor = V.Broadcast(Factor);
            var i = 0;
            for (; i <= count - V.Count; i += V.Count)
            {
                var v = V.Load(x + i) * factor;
                (Add ? V.Load(y + i) + v : v).Store(y + i);
            }
            for (; i < count; i++)
                y[i] = Add ? y[i] + x[i] * Factor : x[i] * Factor;
        }
    }

    struct DropoutJob : IChunkJob
    {
        const int Batch = 256;
        public float* X, Y, Added;
        public float P, Factor;
        public RandomKey Key;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly void Run<V>(long start, int count) where V : struct, ILanes<V>
        {
            var u = stackalloc float[Batch];
            for (var done = 0; done < count; done += Batch)
            {
                var n = Math.Min(Batch, count - done);
                VectorPhilox.UnitFloats(Key, (ulong)(start + done), n, u);
                Drop<V>(X + start + done, u, Added is null ? null : Added + start + done, Y + start + done, n);
            }
        }

        readonly void Drop<V>(float* x, float* u, float* added, float* y, int n) where V : struct, ILanes<V>
        {
            V p = V.Broadcast(P), factor = V.Broadcast(Factor);
            var i = 0;
            for (; i <= n - V.Count; i += V.Count)
            {
                var v = V.Select(V.Less(V.Load(u + i), p), default, V.Load(x + i) * factor);
                (added is null ? v : V.Load(added + i) + v).Store(y + i);
            }
            for (; i < n; i++)
            {
                var v = u[i] < P ? 0 : x[i] * Factor;
                y[i] = added is null ? v : added[i] + v;
            }
        }
    }

    struct PartialSumsJob : ILaneJob
    {
        public float* X, Z, Partial;
        public int Rows, Width;

        public readonly void Run<V>(int i, int worker) where V : struct, ILanes<V>
        {
            var sums = Partial + (nint)i * Width;
            new Span<float>(sums, Width).Clear();
            var last = Math.Min(Rows, (i + 1) * SummedRows);
            for (var r = i * SummedRows; r < last; r++)
                AddRow<V>(X + (nint)r * Width, Z is null ? null : Z + (nint)r * Width, sums, Width);
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        static void AddRow<V>(float* x, float* z, float* sums, int n) where V : struct, ILanes<V>
        {
            var i = 0;
            for (; i <= n - V.Count; i += V.Count)
                (z is null ? V.Load(sums + i) + V.Load(x + i) : V.Fma(V.Load(x + i), V.Load(z + i), V.Load(sums + i))).Store(sums + i);
            for (; i < n; i++)
                sums[i] = z is null ? sums[i] + x[i] : MathF.FusedMultiplyAdd(x[i], z[i], sums[i]);
        }
    }

    struct ReduceJob : ILaneJob
    {
        public float* Partial, Sums;
        public int Pieces, Width;
        public nint Stride;
        public bool Add;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly void Run<V>(int i, int worker) where V : struct, ILanes<V>
        {
            var last = Math.Min(Width, (i + 1) * 256);
            var j = i * 256;
            for (; j <= last - V.Count; j += V.Count)
            {
                V sum = default;
                for (var p = 0; p < Pieces; p++)
                    sum += V.Load(Partial + p * Stride + j);
                (Add ? V.Load(Sums + j) + sum : sum).Store(Sums + j);
            }
            for (; j < last; j++)
            {
                var sum = 0f;
                for (var p = 0; p < Pieces; p++)
                    sum += Partial[p * Stride + j];
                Sums[j] = Add ? Sums[j] + sum : sum;
            }
        }
    }
}
