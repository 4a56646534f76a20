using System.Runtime.CompilerServices;

namespace Nonet.Tensors.Cpu;

public sealed unsafe partial class CpuDevice
{
    /// <summary>Rows in a piece of the column sums. The number is fixed, so the order of summation depends on the shape alone.</summary>
    const int ColumnRows = 256;

    /// <inheritdoc/>
    public override void Adafactor(Tensor w, Tensor g, Tensor rows, Tensor? columns, in AdafactorUpdate update)
    {
        var (n, m) = columns is null ? (1, w.Shape[0]) : (w.Shape[0], w.Shape[1]);
        var factors = new Factors
        {
            Scale = (float)update.GradientScale,
            Epsilon = (float)update.Epsilon,
            Decay = (float)update.Decay,
            Rest = (float)(1 - update.Decay)
        };
        using var inverseColumns = new Scratch(this, m);
        using var inverseRows = new Scratch(this, n);
        using var sums = new Scratch(this, n);
        if (columns is null)
        {
            // A vector keeps V in rows. It is one row with the factor 1; the factors of its columns are 1 / √V.
            For((m + ChunkElements - 1) / ChunkElements,
                new VectorMomentJob { G = g.F32, V = rows.F32, Inverse = inverseColumns.F32, Count = m, Factors = factors });
            inverseRows.F32[0] = 1;
        }
        else
        {
            ByRows(n, m, new RowMeanJob { G = g.F32, R = rows.F32, Columns = m, Factors = factors });
            var pieces = (n + ColumnRows - 1) / ColumnRows;
            using var partials = new Scratch(this, (long)pieces * m);
            For(pieces, new ColumnSumOfSquaresJob { G = g.F32, Sums = partials.F32, Rows = n, Columns = m, Factors = factors });
            For((m + 1023) / 1024,
                new ColumnMomentJob
                {
                    Partials = partials.F32,
                    C = columns.F32,
                    Inverse = inverseColumns.F32,
                    Pieces = pieces,
                    Rows = n,
                    Columns = m,
                    Factors = factors
                });
            var mean = 0.0;
            for (var i = 0; i < n; i++)
                mean += rows.F32[i];
            mean /= n;
            for (var i = 0; i < n; i++)
                inverseRows.F32[i] = (float)Math.Sqrt(mean / rows.F32[i]);
        }
        ByRows(n, m, new StepSquaresJob
        {
            G = g.F32,
            Columns = m,
            InverseRows = inverseRows.F32,
            InverseColumns = inverseColumns.F32,
            Sums = sums.F32,
            Factors = factors
        });
        var squares = 0.0;
        for (var i = 0; i < n; i++)
            squares += sums.F32[i];
        var clip = Math.Max(1, Math.Sqrt(squares / w.Elements) / update.Threshold);
        var rate = update.LearningRate * (update.LeastScale is { } least ? Math.Max(least, Math.Sqrt(SumOfSquares(w) / w.Elements)) : 1);
        ByRows(n, m, new AdafactorJob
        {
            W = w.F32,
            G = g.F32,
            Columns = m,
            InverseRows = inverseRows.F32,
            InverseColumns = inverseColumns.F32,
            Rate = (float)(-rate / clip * update.GradientScale),
            Keep = (float)(1 - rate * update.WeightDecay),
        });
    }

    struct Factors
    {
        public float Scale, Epsilon, Decay, Rest;
    }

    /// <summary>V ← β V + (1-β) (g² + ε), and 1 / √V.</summary>
    struct VectorMomentJob : ILaneJob
    {
        public float* G, V, Inverse;
        public int Count;
        public Factors Factors;

        public readonly void Run<R>(int i, int worker) where R : struct, ILanes<R>
        {
            for (var e = i * ChunkElements; e < Math.Min(Count, (i + 1) * ChunkElements); e++)
            {
                var x = Factors.Scale * G[e];
                V[e] = Factors.Decay * V[e] + Factors.Rest * (x * x + Factors.Epsilon);
                Inverse[e] = 1 / MathF.Sqrt(V[e]);
            }
        }
    }

    /// <summary>R ← β R + (1-β) (mean of g² over the row + ε).</summary>
    struct RowMeanJob : IRowJob
    {
        public float* G, R;
        public int Columns;
        public Factors Factors;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly void Run<V>(int row) where V : struct, ILanes<V>
        {
            var g = G + (nint)row * Columns;
            V sum = default, scale = V.Broadcast(Factors.Scale);
            var j = 0;
            for (; j <= Columns - V.Count; j += V.Count)
            {
                var x = scale * V.Load(g + j);
                sum = V.Fma(x, x, sum);
            }
            var total = sum.Sum();
            for (; j < Columns; j++)
                total += Factors.Scale * g[j] * (Factors.Scale * g[j]);
            R[row] = Factors.Decay * R[row] + Factors.Rest * (total / Columns + Factors.Epsilon);
        }
    }

    /// <summary>Sums of g² over some rows, for every column.</summary>
    struct ColumnSumOfSquaresJob : ILaneJob
    {
        public float* G, Sums;
        public int Rows, Columns;
        public Factors Factors;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly void Run<V>(int i, int worker) where V : struct, ILanes<V>
        {
            var sums = Sums + (nint)i * Columns;
            new Span<float>(sums, Columns).Clear();
            var scale = V.Broadcast(Factors.Scale);
            for (var row = i * ColumnRows; row < Math.Min(Rows, (i + 1) * ColumnRows); row++)
            {
                var g = G + (nint)row * Columns;
                var j = 0;
                for (; j <= Columns - V.Count; j += V.Count)
                {
                    var x = scale * V.Load(g + j);
                    V.Fma(x, x, V.Load(sums + j)).Store(sums + j);
                }
                for (; j < Columns; j++)
                    sums[j] = MathF.FusedMultiplyAdd(Factors.Scale * g[j], Factors.Scale * g[j], sums[j]);
            }
        }
    }

    /// <summary>C ← β C + (1-β) (mean of g² over the column + ε), and 1 / √C.</summary>
    struct ColumnMomentJob : ILaneJob
    {
        public float* Partials, C, Inverse;
        public int Pieces, Rows, Columns;
        public Factors Factors;

        public readonly void Run<V>(int i, int worker) where V : struct, ILanes<V>
        {
            for (var j = i * 1024; j < Math.Min(Columns, (i + 1) * 1024); j++)
            {
                var sum = 0.0;
                for (var piece = 0; piece < Pieces; piece++)
                    sum += Partials[(nint)piece * Columns + j];
                C[j] = Factors.Decay * C[j] + Factors.Rest * ((float)(sum / Rows) + Factors.Epsilon);
                Inverse[j] = 1 / MathF.Sqrt(C[j]);
            }
        }
    }

    /// <summary>Sum over a row of (g / √V)².</summary>
    struct StepSquaresJob : IRowJob
    {
        public float* G, InverseRows, InverseColumns, Sums;
        public int Columns;
        public Factors Factors;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly void Run<V>(int row) where V : struct, ILanes<V>
        {
            var g = G + (nint)row * Columns;
            var inverse = Factors.Scale * InverseRows[row];
            V sum = default, factor = V.Broadcast(inverse);
            var j = 0;
            for (; j <= Columns - V.Count; j += V.Count)
            {
                var u = V.Load(g + j) * factor * V.Load(InverseColumns + j);
                sum = V.Fma(u, u, sum);
            }
            var total = sum.Sum();
            for (; j < Columns; j++)
                total += g[j] * inverse * InverseColumns[j] * (g[j] * inverse * InverseColumns[j]);
            Sums[row] = total;
        }
    }

    struct AdafactorJob : IRowJob
    {
        public float* W, G, InverseRows, InverseColumns;
        public int Columns;
        public float Rate, Keep;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly void Run<V>(int row) where V : struct, ILanes<V>
        {
            float* w = W + (nint)row * Columns, g = G + (nint)row * Columns;
            var rate = Rate * InverseRows[row];
            V step = V.Broadcast(rate), keep = V.Broadcast(Keep);
            var j = 0;
            for (; j <= Columns - V.Count; j += V.Count)
                V.Fma(V.Load(g + j) * V.Load(InverseColumns + j), step, keep * V.Load(w + j)).Store(w + j);
            for (; j < Columns; j++)
                w[j] = MathF.FusedMultiplyAdd(g[j] * InverseColumns[j], rate, Keep * w[j]);
        }
    }
}
