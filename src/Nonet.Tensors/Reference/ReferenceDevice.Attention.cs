using Nonet.Tensors.Autograd;

namespace Nonet.Tensors.Reference;

public sealed unsafe partial class ReferenceDevice
{
    /// <inheritdoc/>
    public override void Attention(Tensor q, Tensor k, Tensor v, AttentionLayout layout, AttentionOptions options, Tensor y, Tensor? lse)
    {
        for (var s = 0; s < layout.Sequences; s++)
        {
            var (firstQuery, queries, _, keys) = layout[s];
            for (var i = 0; i < queries; i++)
            {
                for (var h = 0; h < options.Heads; h++)
                {
                    var row = new AttentionRow(q, k, v, layout, options, s, i, h);
                    for (var d = 0; d < row.Width; d++)
                    {
                        var sum = 0.0;
                        for (var j = 0; j < keys; j++)
                            sum += row.P[j] * row.Z[j] * row.Value(j, d);
                        y.SetValue(row.QueryAt + d, sum);
                    }
                    lse?.SetValue((long)h * q.Shape[0] + firstQuery + i, row.Lse);
                }
            }
        }
    }

    /// <inheritdoc/>
    public override void AttentionBackward(Tensor dy, Tensor q, Tensor k, Tensor v, AttentionLayout layout, AttentionOptions options, Tensor y, Tensor lse,
        GradientTarget dq, GradientTarget dk, GradientTarget dv, GradientTarget dbias)
    {
        foreach (var target in (ReadOnlySpan<GradientTarget>)[dq, dk, dv, dbias])
        {
            if (target.Wanted && !target.Add)
                Fill(target.Tensor, 0);
        }
        for (var s = 0; s < layout.Sequences; s++)
        {
            for (var i = 0; i < layout[s].Queries; i++)
            {
                for (var h = 0; h < options.Heads; h++)
                    RowBackward(new AttentionRow(q, k, v, layout, options, s, i, h), dy, dq, dk, dv, dbias);
            }
        }
    }

    static void RowBackward(AttentionRow row, Tensor dy, GradientTarget dq, GradientTarget dk, GradientTarget dv, GradientTarget dbias)
    {
        var dp = new double[row.P.Length];
        var mean = 0.0;
        for (var j = 0; j < dp.Length; j++)
        {
            for (var d = 0; d < row.Width; d++)
            {
                var g = dy.Value(row.QueryAt + d);
                dp[j] += g * row.Z[j] * row.Value(j, d);
                Increase(dv, row.KeyAt(j) + d, row.P[j] * row.Z[j] * g);
            }
            mean += row.P[j] * dp[j];
        }
        for (var j = 0; j < dp.Length; j++)
        {
            var ds = row.P[j] * (dp[j] - mean);
            Increase(dbias, row.BiasAt(j), ds);
            ds *= row.Slope[j] * row.Scale;
            for (var d = 0; d < row.Width; d++)
            {
                Increase(dq, row.QueryAt + d, ds * row.Key(j, d));
                Increase(dk, row.KeyAt(j) + d, ds * row.Query(d));
            }
        }
    }

    static void Increase(GradientTarget into, long i, double value)
    {
        if (into.Wanted)
            into.Tensor.SetValue(i, into.Tensor.Value(i) + value);
    }

    /// <inheritdoc/>
    public override void ScatterRows(Tensor x, Indices slots, Tensor pool)
    {
        var width = x.Shape[1];
        for (var e = 0L; e < x.Elements; e++)
            pool.SetValue((long)slots.Values[(int)(e / width)] * width + e % width, x.Value(e));
    }

    /// <summary>One query row of one head: its probabilities P, dropout factors Z and slopes of the cap over all keys of the sequence.</summary>
    sealed class AttentionRow
    {
        readonly Tensor q, k, v;
        readonly AttentionLayout layout;
        readonly AttentionOptions options;
        readonly int sequence, head, position;

        public AttentionRow(Tensor q, Tensor k, Tensor v, AttentionLayout layout, AttentionOptions options, int sequence, int query, int head)
        {
            (this.q, this.k, this.v, this.layout, this.options, this.sequence, this.head) = (q, k, v, layout, options, sequence, head);
            var (firstQuery, queries, _, keys) = layout[sequence];
            Width = q.Shape[1] / options.Heads;
            position = keys - queries + query;
            QueryAt = (long)(firstQuery + query) * q.Shape[1] + head * Width;
            Scale = options.Scale ?? 1 / Math.Sqrt(Width);
            (P, Z, Slope) = (new double[keys], new double[keys], new double[keys]);
            var max = double.NegativeInfinity;
            for (var j = 0; j < keys; j++)
            {
                P[j] = Sees(j) ? Score(j) : double.NegativeInfinity;
                max = Math.Max(max, P[j]);
                var kept = Philox.UnitFloat(options.Key, AttentionOptions.DropoutElement(firstQuery + query, options.Heads, head, j)) >= options.Dropout;
                Z[j] = options.Dropout == 0 ? 1 : kept ? 1 / (1 - (double)options.Dropout) : 0;
            }
            var sum = 0.0;
            for (var j = 0; j < keys; j++)
                sum += P[j] = double.IsNegativeInfinity(P[j]) ? 0 : Math.Exp(P[j] - max);
            for (var j = 0; j < keys && sum > 0; j++)
                P[j] /= sum;
            Lse = sum > 0 ? max + Math.Log(sum) : double.PositiveInfinity;
        }

        public int Width { get; }
        public double Scale { get; }
        public double[] P { get; }
        public double[] Z { get; }
        public double[] Slope { get; }
        public double Lse { get; }
        public long QueryAt { get; }
        public double Query(int d) => q.Value(QueryAt + d);
        public long KeyAt(int j) => (long)layout.KeyRow(sequence, j) * k.Shape[1] + head / (options.Heads / options.KvHeads) * Width;
        public double Key(int j, int d) => k.Value(KeyAt(j) + d);
        public double Value(int j, int d) => v.Value(KeyAt(j) + d);

        public long BiasAt(int j)
        {
            if (options.RelativeBias is not { } bias)
                return 0;
            var reach = bias.Shape[1] / 2;
            return (long)head * bias.Shape[1] + Math.Clamp(j - position, -reach, reach) + reach;
        }

        bool Sees(int j)
        {
            var back = position - j;
            return (!options.Causal || back >= 0) && (options.Window is not { } window || Math.Abs(back) < window);
        }

        double Score(int j)
        {
            var score = 0.0;
            for (var d = 0; d < Width; d++)
                score += Query(d) * Key(j, d);
            score *= Scale;
            Slope[j] = 1;
            if (options.SoftCap is { } cap)
            {
                var tanh = Math.Tanh(score / cap);
                (score, Slope[j]) = (cap * tanh, 1 - tanh * tanh);
            }
            return score + (options.RelativeBias?.Value(BiasAt(j)) ?? 0);
        }
    }
}
