using Nonet.Tensors.Autograd;

namespace Nonet.Tensors.Cpu;

public sealed unsafe partial class CpuDevice
{
    /// <inheritdoc/>
    public override void Attention(Tensor q, Tensor k, Tensor v, AttentionLayout layout, AttentionOptions options, Tensor y, Tensor? lse)
    {
        var p = new AttentionProblem(q, k, v, layout, options);
        using var bias = new Scratch(this, options.RelativeBias is null ? 0 : (long)p.Heads * p.BiasStride);
        SpreadBias(ref p, options.RelativeBias, bias.F32);
        var (most, groups, partFloats) = CountPieces(p);
        using var pieces = new Scratch(this, most * sizeof(AttentionForward.Piece) / sizeof(float));
        using var merged = new Scratch(this, 2L * groups);
        using var parts = new Scratch(this, partFloats);
        var job = new AttentionForward
        {
            P = p,
            Y = y.F32,
            Lse = lse is null ? null : lse.F32,
            Pieces = (AttentionForward.Piece*)pieces.F32,
            Parts = parts.F32
        };
        var merge = new AttentionChunkMerge { Forward = job, Groups = ((int, int)*)merged.F32 };
        var count = CutPieces(p, job.Pieces, merge.Groups);
        job.ScratchFloats = AttentionForward.FloatsOf(p);
        using var scratch = new Scratch(this, (long)job.ScratchFloats * Threads);
        job.Scratch = scratch.F32;
        For(count, job);
        if (groups > 0)
            For(groups, merge);
    }

    /// <summary>Number of chunks of keys that are computed in parallel for a sequence with few queries; 1: no parallel chunks.</summary>
    static int ChunksOf(in AttentionProblem p, in AttentionSequence sequence) =>
        AttentionForward.IsFew(p, sequence.Queries) ? Math.Max(1, (sequence.Keys + AttentionForward.Chunk - 1) / AttentionForward.Chunk) : 1;

    /// <summary>
    /// Number of pieces of work, number of pairs of sequence and key head whose chunks are merged afterwards, and floats of the chunks' sums.
    /// </summary>
    static (long Pieces, int Groups, long PartFloats) CountPieces(in AttentionProblem p)
    {
        var (pieces, groups, floats) = (0L, 0, 0L);
        for (var s = 0; s < p.Sequences; s++)
        {
            var sequence = p[s];
            var chunks = ChunksOf(p, sequence);
            pieces += (long)p.KvHeads * chunks * ((sequence.Queries + AttentionForward.Range - 1) / AttentionForward.Range);
            if (chunks == 1)
                continue;
            groups += p.KvHeads;
            floats += (long)p.KvHeads * chunks * AttentionForward.PartFloats(p, sequence.Queries);
        }
        return (pieces, groups, floats);
    }

    static int CutPieces(in AttentionProblem p, AttentionForward.Piece* pieces, (int First, int Count)* groups)
    {
        var (count, part) = (0, (nint)0);
        for (var s = 0; s < p.Sequences; s++)
        {
            var sequence = p[s];
            var chunks = ChunksOf(p, sequence);
            // The last queries of a causal sequence see most keys: the longest work starts first.
            for (var first = (sequence.Queries - 1) / AttentionForward.Range * AttentionForward.Range; first >= 0
                && sequence.Queries > 0; first -= AttentionForward.Range)
            {
                for (var head = 0; head < p.KvHeads; head++)
                {
                    var piece = new AttentionForward.Piece
                    {
                        Sequence = s,
                        KvHead = head,
                        FirstQuery = first,
                        Queries = Math.Min(AttentionForward.Range, sequence.Queries - first),
                        OnlyChunk = -1
                    };
                    if (chunks == 1)
                    {
                        pieces[count++] = piece;
                        continue;
                    }
                    *groups++ = (count, chunks);
                    for (var c = 0; c < chunks; c++, part += AttentionForward.PartFloats(p, piece.Queries))
                        pieces[count++] = piece with { OnlyChunk = c, Part = part };
                }
            }
        }
        return count;
    }

    /// <inheritdoc/>
    public override void AttentionBackward(Tensor dy, Tensor q, Tensor k, Tensor v, AttentionLayout layout, AttentionOptions options, Tensor y, Tensor lse,
        GradientTarget dq, GradientTarget dk, GradientTarget dv, GradientTarget dbias)
    {
        const int MostRuns = 32; // runs of sequences, if each has its own bias gradient
        const int EnoughPieces = 32;
        var p = new AttentionProblem(q, k, v, layout, options);
        using var bias = new Scratch(this, options.RelativeBias is null ? 0 : (long)p.Heads * p.BiasStride);
        SpreadBias(ref p, options.RelativeBias, bias.F32);
        var length = dbias.Wanted ? Math.Max(1, (p.Sequences + MostRuns - 1) / MostRuns) : 1;
        var runs = (p.Sequences + length - 1) / length;
        var splits = runs * p.KvHeads >= EnoughPieces ? 1 : Math.Clamp(p.MostKeys / (4 * Cpu.AttentionBackward.KeyBlock), 1, 4);
        var floats = Cpu.AttentionBackward.FloatsOf(p);
        using var scratch = new Scratch(this, (long)floats * Threads);
        using var parts = new Scratch(this, splits > 1 && dq.Wanted ? splits * q.Elements : 0);
        using var biasParts = new Scratch(this, dbias.Wanted ? (long)runs * splits * p.Heads * p.BiasStride : 0);
        For(runs * p.KvHeads * splits, new AttentionBackward
        {
            P = p,
            Dy = dy.F32,
            Y = y.F32,
            Lse = lse.F32,
            Dq = !dq.Wanted ? null : splits > 1 ? parts.F32 : dq.Tensor.F32,
            Dk = dk.Wanted ? dk.Tensor.F32 : null,
            Dv = dv.Wanted ? dv.Tensor.F32 : null,
            BiasGradient = dbias.Wanted ? biasParts.F32 : null,
            AddQ = dq.Add,
            AddK = dk.Add,
            AddV = dv.Add,
            RunLength = length,
            Splits = splits,
            Scratch = scratch.F32,
            ScratchFloats = floats,
        });
        if (splits > 1 && dq.Wanted)
            Chunked(q.Elements, new AttentionSplitSum { Parts = parts.F32, PartFloats = (nint)q.Elements, Splits = splits, To = dq.Tensor.F32, Add = dq.Add });
        if (dbias.Wanted)
            GatherBias(p, dbias, biasParts.F32, runs * splits);
    }

    /// <inheritdoc/>
    public override void ScatterRows(Tensor x, Indices slots, Tensor pool)
    {
        var width = x.Shape[1];
        var bytes = pool.DType.Bytes(width);
        if (pool.DType == DType.F32)
        {
            for (var i = 0; i < x.Shape[0]; i++)
                Buffer.MemoryCopy((byte*)x.F32 + i * bytes, pool.Bytes + slots.I32[i] * bytes, bytes, bytes);
            return;
        }
        using var rounded = Empty(x.Shape, pool.DType);
        Convert(x, rounded);
        for (var i = 0; i < x.Shape[0]; i++)
            Buffer.MemoryCopy(rounded.Bytes + i * bytes, pool.Bytes + slots.I32[i] * bytes, bytes, bytes);
    }

    /// <summary>Writes the bias of every distance that occurs, so that kernels can read it directly.</summary>
    static void SpreadBias(ref AttentionProblem p, Tensor? bias, float* to)
    {
        if (bias is null)
            return;
        p.Bias = to;
        var (wide, reach) = (bias.Shape[1], bias.Shape[1] / 2);
        for (var h = 0; h < p.Heads; h++)
        {
            for (var i = 0; i < p.BiasStride; i++)
                to[(nint)h * p.BiasStride + i] = bias.F32[(nint)h * wide + Math.Clamp(i - p.BiasZero, -reach, reach) + reach];
        }
    }

    /// <summary>Sums the gradients of all distances and parts into the table's entries, in one order.</summary>
    static void GatherBias(in AttentionProblem p, GradientTarget dbias, float* parts, int count)
    {
        var (wide, reach) = (dbias.Tensor.Shape[1], dbias.Tensor.Shape[1] / 2);
        var to = dbias.Tensor.F32;
        if (!dbias.Add)
            dbias.Tensor.AsSpan<float>().Clear();
        for (var part = 0; part < count; part++)
        {
            for (var h = 0; h < p.Heads; h++)
            {
                var from = parts + ((nint)part * p.Heads + h) * p.BiasStride;
                for (var i = 0; i < p.BiasStride; i++)
                    to[(nint)h * wide + Math.Clamp(i - p.BiasZero, -reach, reach) + reach] += from[i];
            }
        }
    }
}
