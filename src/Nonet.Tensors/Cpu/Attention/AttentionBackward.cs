namespace Nonet.Tensors.Cpu;

/// <summary>
/// The backward pass of one key head over a run of sequences. Each block of keys meets all queries of the heads that share it, in a fixed order, so
/// the sums over queries need no other thread. If there are few sequences, their key blocks are divided among several pieces of work, and each piece
/// sums dq in its own buffer.
/// </summary>
unsafe struct AttentionBackward : ILaneJob
{
    public const int KeyBlock = 128;
    public const int QueryBlock = 96;
    const int Stride = KeyBlock + 16;

    public AttentionProblem P;
    public float* Dy, Y, Lse;

    /// <summary>
    /// Gradients; null: not needed. Dq: <see cref="Splits"/> buffers of N·Heads·D floats. BiasGradient: (runs · Splits, Heads, BiasStride).
    /// </summary>
    public float* Dq, Dk, Dv, BiasGradient;
    public bool AddQ, AddK, AddV;

    /// <summary>Number of consecutive sequences in a piece of work, and number of pieces that share the key blocks of a sequence.</summary>
    public int RunLength, Splits;
    public float* Scratch;
    public nint ScratchFloats;

    /// <summary>Floats of scratch memory that a thread needs.</summary>
    public static nint FloatsOf(in AttentionProblem p) =>
        2 * KeyBlock + 2 * KeyBlock * p.Width + KeyBlock * p.CopyStride + 2 * QueryBlock * p.CopyStride + 2 * QueryBlock * Stride + (nint)p.Group
        * p.MostQueries;

    public readonly void Run<V>(int i, int worker) where V : struct, ILanes<V>
    {
        var split = i % Splits;
        var kvHead = i / Splits % P.KvHeads;
        var run = i / Splits / P.KvHeads;
        var biasGradient = BiasGradient is null ? null : BiasGradient + ((nint)(run * Splits + split) * P.Heads + kvHead * P.Group) * P.BiasStride;
        if (biasGradient is not null)
            new Span<float>(biasGradient, P.Group * P.BiasStride).Clear();
        var dq = Dq is null ? null : Dq + (nint)split * P.Rows * P.QueryStride;
        var scratch = Scratch + worker * ScratchFloats;
        for (var j = 0; j < KeyBlock; j++)
            scratch[j] = j;
        for (var s = run * RunLength; s < Math.Min(P.Sequences, (run + 1) * RunLength); s++)
            Sequence<V>(P[s], kvHead, split, scratch, dq, biasGradient);
    }

    readonly void Sequence<V>(in AttentionSequence sequence, int kvHead, int split, float* index, float* dq, float* biasGradient) where V : struct, ILanes<V>
    {
        var kept = index + KeyBlock;
        var turnedKeys = kept + KeyBlock;
        var turnedValues = turnedKeys + KeyBlock * P.Width;
        var keyRows = turnedValues + KeyBlock * P.Width;
        var queryRows = keyRows + KeyBlock * P.CopyStride;
        var dyRows = queryRows + QueryBlock * P.CopyStride;
        var scores = dyRows + QueryBlock * P.CopyStride;
        var gradients = scores + QueryBlock * Stride;
        var delta = gradients + QueryBlock * Stride;
        var atQuery = (nint)sequence.FirstQuery * P.QueryStride + kvHead * P.Group * P.Width;
        for (var r = 0; r < sequence.Queries; r++)
        {
            for (var head = 0; head < P.Group; head++)
            {
                var at = atQuery + (nint)r * P.QueryStride + head * P.Width;
                delta[(nint)head * P.MostQueries + r] = AttentionSoftmax.Dot<V>(Dy + at, Y + at, P.Width);
            }
        }
        if (dq is not null && (!AddQ || Splits > 1))
            Zero(dq + atQuery, P.QueryStride, sequence.Queries, P.Group * P.Width);
        for (var key = split * KeyBlock; key < sequence.Keys; key += Splits * KeyBlock)
        {
            var keys = Math.Min(KeyBlock, sequence.Keys - key);
            var atKey = (nint)(sequence.FirstKey + key) * P.KeyStride + kvHead * P.Width;
            if (Dk is not null && !AddK)
                Zero(Dk + atKey, P.KeyStride, keys, P.Width);
            if (Dv is not null && !AddV)
                Zero(Dv + atKey, P.KeyStride, keys, P.Width);
            AttentionBlocks.Transpose<V>((float*)P.K + atKey, P.KeyStride, keys, P.Width, turnedKeys);
            AttentionBlocks.Transpose<V>((float*)P.V + atKey, P.KeyStride, keys, P.Width, turnedValues);
            AttentionBlocks.CopyRows<V>((float*)P.K + atKey, P.KeyStride, keys, P.Width, P.Padded, keyRows, P.CopyStride);
            var all = new AttentionPair(sequence.Queries, keys, sequence.Position(0) - key, P.Behind, P.Ahead);
            for (var head = 0; head < P.Group; head++)
            {
                for (var query = all.FirstRow(0) / QueryBlock * QueryBlock; query < all.EndRow(keys - 1); query += QueryBlock)
                {
                    var rows = Math.Min(QueryBlock, sequence.Queries - query);
                    var pair = new AttentionPair(rows, keys, sequence.Position(query) - key, P.Behind, P.Ahead);
                    var at = atQuery + (nint)query * P.QueryStride + head * P.Width;
                    AttentionBlocks.CopyRows<V>(P.Q + at, P.QueryStride, rows, P.Width, P.Padded, queryRows, P.CopyStride);
                    AttentionBlocks.CopyRows<V>(Dy + at, P.QueryStride, rows, P.Width, P.Padded, dyRows, P.CopyStride);
                    AttentionBlocks.Scores<V>(pair, queryRows, P.CopyStride, P.Width, turnedKeys, scores, Stride);
                    AttentionBlocks.Scores<V>(pair, dyRows, P.CopyStride, P.Width, turnedValues, gradients, Stride);
                    var place = new AttentionPlace(sequence.FirstQuery + query, key, kvHead * P.Group + head);
                    var lse = Lse + (nint)place.Head * P.Rows + place.FirstRow;
                    var bias = biasGradient is null ? null : biasGradient + (nint)head * P.BiasStride + P.BiasZero;
                    AttentionSoftmax.Backward<V>(P, pair, scores, gradients, Stride, place, lse, delta + (nint)head * P.MostQueries + query, bias, index, kept);
                    if (Dv is not null)
                        AttentionBlocks.OverRows<V>(pair, scores, Stride, dyRows, P.CopyStride, P.Width, Dv + atKey, P.KeyStride);
                    if (Dk is not null)
                        AttentionBlocks.OverRows<V>(pair, gradients, Stride, queryRows, P.CopyStride, P.Width, Dk + atKey, P.KeyStride);
                    if (dq is not null)
                        AttentionBlocks.OverKeys<V>(pair, gradients, Stride, keyRows, P.CopyStride, P.Width, dq + at, P.QueryStride);
                }
            }
        }
    }

    static void Zero(float* x, nint stride, int rows, int width)
    {
        for (var r = 0; r < rows; r++)
            new Span<float>(x + r * stride, width).Clear();
    }
}

/// <summary>dq = or += the sum of the buffers, in order.</summary>
unsafe struct AttentionSplitSum : IChunkJob
{
    public float* Parts, To;
    public nint PartFloats;
    public int Splits;
    public bool Add;

    public readonly void Run<V>(long start, int count) where V : struct, ILanes<V>
    {
        float* from = Parts + start, to = To + start;
        for (var i = 0; i < count; i += V.Count)
        {
            var n = Math.Min(V.Count, count - i);
            var sum = Add ? Read<V>(to + i, n) : default;
            for (var part = 0; part < Splits; part++)
                sum += Read<V>(from + part * PartFloats + i, n);
            if (n == V.Count)
                sum.Store(to + i);
            else
                VectorMath.StoreTail(sum, to + i, n);
        }
    }

    static V Read<V>(float* p, int n) where V : struct, ILanes<V> => n == V.Count ? V.Load(p) : VectorMath.LoadTail<V>(p, n);
}
