namespace Nonet.Tensors.Cpu;

/// <summary>
/// The forward pass of one range of queries of one sequence and key head: every block of keys is turned once and then met by all queries
/// of the range and of the heads that share it. Blocks are counted from key 0, so a query's order of summation is its own.
/// </summary>
unsafe struct AttentionForward : ILaneJob
{
    public const int KeyBlock = 128;
    public const int QueryBlock = 48;

    /// <summary>Queries of a piece of work: enough to pay for turning the keys.</summary>
    public const int Range = 6 * QueryBlock;

    const int ScoreStride = KeyBlock + 16;

    public AttentionProblem P;
    public float* Y, Lse, Scratch;
    public nint ScratchFloats;
    public Piece* Pieces;

    /// <summary>One piece of work.</summary>
    public struct Piece
    {
        public int Sequence, KvHead, FirstQuery, Queries;
    }

    /// <summary>Working memory of a thread.</summary>
    public static nint FloatsOf(in AttentionProblem p) =>
        2 * KeyBlock + KeyBlock * p.Width + KeyBlock * p.CopyStride + QueryBlock * p.CopyStride + QueryBlock * ScoreStride
        + 2 * Range * p.Group + (p.Table is null ? 0 : KeyBlock * p.Width);

    public readonly void Run<V>(int i, int worker) where V : struct, ILanes<V>
    {
        var piece = Pieces[i];
        var sequence = P[piece.Sequence];
        var index = Scratch + worker * ScratchFloats;
        var kept = index + KeyBlock;
        var turned = kept + KeyBlock;
        var values = turned + KeyBlock * P.Width;
        var queries = values + KeyBlock * P.CopyStride;
        var scores = queries + QueryBlock * P.CopyStride;
        var max = scores + QueryBlock * ScoreStride;
        var sum = max + Range * P.Group;
        var gathered = sum + Range * P.Group;
        for (var j = 0; j < KeyBlock; j++)
            index[j] = j;
        new Span<float>(max, Range * P.Group).Fill(float.NegativeInfinity);
        new Span<float>(sum, Range * P.Group).Clear();
        var row0 = sequence.FirstQuery + piece.FirstQuery;
        var y = Y + (nint)row0 * P.QueryStride + piece.KvHead * P.Group * P.Width;
        for (var r = 0; r < piece.Queries; r++)
            new Span<float>(y + (nint)r * P.QueryStride, P.Group * P.Width).Clear();

        var firstPosition = sequence.Position(piece.FirstQuery);
        var begin = (int)Math.Clamp(firstPosition - P.Behind, 0, sequence.Keys) / KeyBlock * KeyBlock;
        var end = (int)Math.Clamp(firstPosition + piece.Queries - 1 + P.Ahead, 0, sequence.Keys);
        for (var key = begin; key < end; key += KeyBlock)
        {
            var keys = Math.Min(KeyBlock, sequence.Keys - key);
            var k = P.KeyRows(P.K, sequence, piece.KvHead, key, keys, gathered, out var stride);
            AttentionBlocks.Transpose<V>(k, stride, keys, P.Width, turned);
            var v = P.KeyRows(P.V, sequence, piece.KvHead, key, keys, gathered, out stride);
            AttentionBlocks.CopyRows<V>(v, stride, keys, P.Width, P.Padded, values, P.CopyStride);
            for (var head = 0; head < P.Group; head++)
            {
                for (var query = 0; query < piece.Queries; query += QueryBlock)
                {
                    var rows = Math.Min(QueryBlock, piece.Queries - query);
                    var pair = new AttentionPair(rows, keys, firstPosition + query - key, P.Behind, P.Ahead);
                    if (pair.IsEmpty)
                        continue;
                    var at = (nint)(row0 + query) * P.QueryStride + (piece.KvHead * P.Group + head) * P.Width;
                    var state = head * Range + query;
                    AttentionBlocks.CopyRows<V>(P.Q + at, P.QueryStride, rows, P.Width, P.Width, queries, P.CopyStride);
                    AttentionBlocks.Scores<V>(pair, queries, P.CopyStride, P.Width, turned, scores, ScoreStride);
                    var place = new AttentionPlace(row0 + query, key, piece.KvHead * P.Group + head);
                    AttentionSoftmax.Forward<V>(P, pair, scores, ScoreStride, place, max + state, sum + state, Y + at, index, kept);
                    AttentionBlocks.OverKeys<V>(pair, scores, ScoreStride, values, P.CopyStride, P.Width, Y + at, P.QueryStride);
                }
            }
        }
        for (var head = 0; head < P.Group; head++)
            Finish<V>(piece, row0, piece.KvHead * P.Group + head, max + head * Range, sum + head * Range);
    }

    readonly void Finish<V>(in Piece piece, int row0, int head, float* max, float* sum) where V : struct, ILanes<V>
    {
        for (var r = 0; r < piece.Queries; r++)
        {
            if (sum[r] != 0) // a row that saw no key stays zero
            {
                var inverse = 1 / sum[r];
                AttentionSoftmax.Times(V.Broadcast(inverse), inverse, Y + (nint)(row0 + r) * P.QueryStride + head * P.Width, P.Width);
            }
            if (Lse is not null)
                Lse[(nint)head * P.Rows + row0 + r] = sum[r] == 0 ? float.PositiveInfinity : max[r] + MathF.Log(sum[r]);
        }
    }
}
