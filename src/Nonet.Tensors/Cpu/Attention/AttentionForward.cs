namespace Nonet.Tensors.Cpu;

/// <summary>
/// The forward pass of one range of queries of one sequence and key head. Each block of keys is transposed once and then used by all queries of the
/// range and all heads that share it. Blocks and chunks are counted from key 0, and the sums of the chunks are merged in order (Dao et al. 2023,
/// Flash-Decoding). The order of summation of a query is therefore the same whether its chunks are computed one after another or in parallel.
/// </summary>
unsafe struct AttentionForward : ILaneJob
{
    public const int KeyBlock = 128;
    public const int QueryBlock = 48;

    /// <summary>Number of queries in a piece of work: enough to repay the transposition of the keys.</summary>
    public const int Range = 6 * QueryBlock;

    /// <summary>Number of keys that are summed in one running softmax.</summary>
    public const int Chunk = 8 * KeyBlock;

    const int ScoreStride = KeyBlock + 16;

    public AttentionProblem P;
    public float* Y, Lse, Scratch, Parts;
    public nint ScratchFloats;
    public Piece* Pieces;

    /// <summary>One piece of work.</summary>
    public struct Piece
    {
        public int Sequence, KvHead, FirstQuery, Queries;

        /// <summary>Index of the only chunk of keys to compute; -1: all chunks.</summary>
        public int OnlyChunk;

        /// <summary>Offset in <see cref="Parts"/> of the sums of that chunk.</summary>
        public nint Part;
    }

    /// <summary>Whether the queries of all heads that share a key head fit in one block of rows.</summary>
    public static bool IsFew(in AttentionProblem p, int queries) => queries * p.Group <= QueryBlock;

    /// <summary>Floats of the sums of one chunk for a few rows: outputs, maxima and sums.</summary>
    public static nint PartFloats(in AttentionProblem p, int queries) => (nint)queries * p.Group * (p.Width + 2);

    /// <summary>Floats of scratch memory that a thread needs.</summary>
    public static nint FloatsOf(in AttentionProblem p) =>
        2 * KeyBlock + KeyBlock * p.Width + KeyBlock * p.CopyStride + QueryBlock * p.CopyStride + QueryBlock * ScoreStride
        + 4 * Range * p.Group + 32 * p.Width + (nint)Math.Max(QueryBlock, p.MostKeys > Chunk ? Math.Min(Range, p.MostQueries) * p.Group : 0) * p.Width;

    public readonly void Run<V>(int i, int worker) where V : struct, ILanes<V>
    {
        var room = new Room(P, Scratch + worker * ScratchFloats);
        for (var j = 0; j < KeyBlock; j++)
            room.Index[j] = j;
        if (IsFew(P, Pieces[i].Queries))
            Few<V>(Pieces[i], room);
        else
            Many<V>(Pieces[i], room);
    }

    /// <summary>Layout of a thread's scratch memory.</summary>
    readonly struct Room
    {
        public readonly float* Index, Kept, Turned, Values, Queries, Scores, Max, Sum, PartMax, PartSum, Gathered, Part;

        public Room(in AttentionProblem p, float* scratch)
        {
            Index = scratch;
            Kept = Index + KeyBlock;
            Turned = Kept + KeyBlock;
            Values = Turned + KeyBlock * p.Width;
            Queries = Values + KeyBlock * p.CopyStride;
            Scores = Queries + QueryBlock * p.CopyStride;
            Max = Scores + QueryBlock * ScoreStride;
            Sum = Max + Range * p.Group;
            PartMax = Sum + Range * p.Group;
            PartSum = PartMax + Range * p.Group;
            Gathered = PartSum + Range * p.Group;
            Part = Gathered + 32 * p.Width;
        }
    }

    static void Begin(float* max, float* sum, int rows)
    {
        new Span<float>(max, rows).Fill(float.NegativeInfinity);
        new Span<float>(sum, rows).Clear();
    }

    /// <summary>
    /// Many queries: head by head, in blocks of rows. The first chunk of keys is accumulated in the outputs; later chunks are merged into them.
    /// </summary>
    readonly void Many<V>(in Piece piece, in Room room) where V : struct, ILanes<V>
    {
        var sequence = P[piece.Sequence];
        var states = Range * P.Group;
        Begin(room.Max, room.Sum, states);
        var row0 = sequence.FirstQuery + piece.FirstQuery;
        var y = Y + (nint)row0 * P.QueryStride + piece.KvHead * P.Group * P.Width;
        for (var r = 0; r < piece.Queries; r++)
            new Span<float>(y + (nint)r * P.QueryStride, P.Group * P.Width).Clear();
        var (begin, end) = Visible(sequence, piece);
        var partStride = P.Group * P.Width;
        for (var chunk = begin / Chunk * Chunk; chunk < end; chunk += Chunk)
        {
            var isFirst = chunk <= begin;
            if (!isFirst)
            {
                Begin(room.PartMax, room.PartSum, states);
                new Span<float>(room.Part, piece.Queries * partStride).Clear();
            }
            for (var key = Math.Max(begin, chunk); key < Math.Min(end, chunk + Chunk); key += KeyBlock)
            {
                if (isFirst)
                    Block<V>(sequence, piece, key, room, room.Max, room.Sum, y, P.QueryStride);
                else
                    Block<V>(sequence, piece, key, room, room.PartMax, room.PartSum, room.Part, partStride);
            }
            if (isFirst)
                continue;
            for (var head = 0; head < P.Group; head++)
            {
                for (var r = 0; r < piece.Queries; r++)
                {
                    var state = head * Range + r;
                    AttentionSoftmax.Merge<V>(room.Max + state, room.Sum + state, y + (nint)r * P.QueryStride + head * P.Width,
                        room.PartMax[state], room.PartSum[state], room.Part + r * partStride + head * P.Width, P.Width);
                }
            }
        }
        for (var head = 0; head < P.Group; head++)
        {
            for (var r = 0; r < piece.Queries; r++)
                Finish<V>(row0 + r, piece.KvHead * P.Group + head, room.Max[head * Range + r], room.Sum[head * Range + r]);
        }
    }

    readonly void Block<V>(in AttentionSequence sequence, in Piece piece, int key, in Room room, float* max, float* sum, float* y, nint yStride) where V
        : struct, ILanes<V>
    {
        var keys = Math.Min(KeyBlock, sequence.Keys - key);
        var row0 = sequence.FirstQuery + piece.FirstQuery;
        AttentionBlocks.Keys<V>(P, sequence, piece.KvHead, key, keys, room.Gathered, room.Turned);
        AttentionBlocks.Values<V>(P, sequence, piece.KvHead, key, keys, room.Values);
        for (var head = 0; head < P.Group; head++)
        {
            for (var query = 0; query < piece.Queries; query += QueryBlock)
            {
                var rows = Math.Min(QueryBlock, piece.Queries - query);
                var pair = new AttentionPair(rows, keys, sequence.Position(piece.FirstQuery + query) - key, P.Behind, P.Ahead);
                if (pair.IsEmpty)
                    continue;
                var at = (nint)(row0 + query) * P.QueryStride + (piece.KvHead * P.Group + head) * P.Width;
                var to = y + query * yStride + head * P.Width;
                var state = head * Range + query;
                AttentionBlocks.CopyRows<V>(P.Q + at, P.QueryStride, rows, P.Width, P.Width, room.Queries, P.CopyStride);
                AttentionBlocks.Scores<V>(pair, room.Queries, P.CopyStride, P.Width, room.Turned, room.Scores, ScoreStride);
                var place = new AttentionPlace(row0 + query, key, piece.KvHead * P.Group + head);
                AttentionSoftmax.Forward<V>(P, pair, room.Scores, ScoreStride, place, max + state, sum + state, to, yStride, room.Index, room.Kept);
                AttentionBlocks.OverKeys<V>(pair, room.Scores, ScoreStride, room.Values, P.CopyStride, P.Width, to, yStride);
            }
        }
    }

    /// <summary>A few queries, as in decoding: the queries of all heads that share the keys are the rows of one product.</summary>
    readonly void Few<V>(in Piece piece, in Room room) where V : struct, ILanes<V>
    {
        var sequence = P[piece.Sequence];
        var rows = piece.Queries * P.Group;
        var row0 = sequence.FirstQuery + piece.FirstQuery;
        for (var head = 0; head < P.Group; head++)
        {
            var q = P.Q + (nint)row0 * P.QueryStride + (piece.KvHead * P.Group + head) * P.Width;
            AttentionBlocks.CopyRows<V>(q, P.QueryStride, piece.Queries, P.Width, P.Width, room.Queries + head * piece.Queries * P.CopyStride, P.CopyStride);
        }
        var (begin, end) = Visible(sequence, piece);
        if (piece.OnlyChunk >= 0)
        {
            var part = Parts + piece.Part;
            ChunkOfFew<V>(sequence, piece, begin, end, piece.OnlyChunk * Chunk, room, part, part + rows * P.Width, part + rows * (P.Width + 1));
            return;
        }
        Begin(room.Max, room.Sum, rows);
        for (var head = 0; head < P.Group; head++)
        {
            for (var r = 0; r < piece.Queries; r++)
                new Span<float>(OutputOf(row0 + r, piece.KvHead * P.Group + head), P.Width).Clear();
        }
        for (var chunk = begin / Chunk * Chunk; chunk < end; chunk += Chunk)
        {
            ChunkOfFew<V>(sequence, piece, begin, end, chunk, room, room.Part, room.PartMax, room.PartSum);
            MergeFew<V>(piece, row0, room.Part, room.PartMax, room.PartSum, room.Max, room.Sum);
        }
        FinishFew<V>(piece, row0, room.Max, room.Sum);
    }

    /// <summary>Computes the sums of one chunk of keys.</summary>
    readonly void ChunkOfFew<V>(in AttentionSequence sequence, in Piece piece, int begin, int end, int chunk, in Room room, float* y, float* max, float* sum)
        where V : struct, ILanes<V>
    {
        var rows = piece.Queries * P.Group;
        Begin(max, sum, rows);
        new Span<float>(y, rows * P.Width).Clear();
        var row0 = sequence.FirstQuery + piece.FirstQuery;
        var panel = 2 * V.Count;
        for (var key = Math.Max(begin, chunk); key < Math.Min(end, chunk + Chunk); key += KeyBlock)
        {
            var keys = Math.Min(KeyBlock, sequence.Keys - key);
            AttentionBlocks.Keys<V>(P, sequence, piece.KvHead, key, keys, room.Gathered, room.Turned);
            AttentionBlocks.Values<V>(P, sequence, piece.KvHead, key, keys, room.Values);
            for (var j = 0; j < keys; j += panel)
                Tile.Strip<V>(rows, panel, P.Width, room.Queries, P.CopyStride, 1, room.Turned + (nint)j * P.Width, panel, room.Scores + j, ScoreStride,
                    add: false);
            var pair = new AttentionPair(piece.Queries, keys, sequence.Position(piece.FirstQuery) - key, P.Behind, P.Ahead);
            for (var head = 0; head < P.Group; head++)
            {
                var at = head * piece.Queries;
                var place = new AttentionPlace(row0, key, piece.KvHead * P.Group + head);
                AttentionSoftmax.Forward<V>(P, pair, room.Scores + at * ScoreStride, ScoreStride, place, max + at, sum + at, y + at * P.Width, P.Width,
                    room.Index, room.Kept);
            }
            for (var d = 0; d < P.Width; d += panel)
                Tile.Strip<V>(rows, Math.Min(panel, P.Width - d), keys, room.Scores, ScoreStride, 1, room.Values + d, P.CopyStride, y + d, P.Width, add: true);
        }
    }

    /// <summary>Adds the sums of a later chunk to the outputs of a few queries.</summary>
    public readonly void MergeFew<V>(in Piece piece, int row0, float* part, float* partMax, float* partSum, float* max, float* sum) where V : struct, ILanes<V>
    {
        for (var head = 0; head < P.Group; head++)
        {
            for (var r = 0; r < piece.Queries; r++)
            {
                var state = head * piece.Queries + r;
                AttentionSoftmax.Merge<V>(max + state, sum + state, OutputOf(row0 + r, piece.KvHead * P.Group + head), partMax[state], partSum[state],
                    part + state * P.Width, P.Width);
            }
        }
    }

    public readonly void FinishFew<V>(in Piece piece, int row0, float* max, float* sum) where V : struct, ILanes<V>
    {
        for (var head = 0; head < P.Group; head++)
        {
            for (var r = 0; r < piece.Queries; r++)
                Finish<V>(row0 + r, piece.KvHead * P.Group + head, max[head * piece.Queries + r], sum[head * piece.Queries + r]);
        }
    }

    /// <summary>Range of keys that any query of a piece sees. It begins at a multiple of the block.</summary>
    readonly (int Begin, int End) Visible(in AttentionSequence sequence, in Piece piece)
    {
        var first = sequence.Position(piece.FirstQuery);
        var begin = (int)Math.Clamp(first - P.Behind, 0, sequence.Keys) / KeyBlock * KeyBlock;
        return (begin, (int)Math.Clamp(first + piece.Queries - 1 + P.Ahead, 0, sequence.Keys));
    }

    readonly float* OutputOf(int row, int head) => Y + (nint)row * P.QueryStride + head * P.Width;

    readonly void Finish<V>(int row, int head, float max, float sum) where V : struct, ILanes<V>
    {
        if (sum != 0) // a row that saw no key stays zero
        {
            var inverse = 1 / sum;
            AttentionSoftmax.Times(V.Broadcast(inverse), inverse, OutputOf(row, head), P.Width);
        }
        if (Lse is not null)
            Lse[(nint)head * P.Rows + row] = sum == 0 ? float.PositiveInfinity : max + MathF.Log(sum);
    }
}

/// <summary>Merges the chunks of a few queries that were computed in parallel, in order.</summary>
unsafe struct AttentionChunkMerge : ILaneJob
{
    public AttentionForward Forward;

    /// <summary>(groups): index of each group's first chunk in <see cref="AttentionForward.Pieces"/>, and its number of chunks.</summary>
    public (int First, int Count)* Groups;

    public readonly void Run<V>(int i, int worker) where V : struct, ILanes<V>
    {
        var p = Forward.P;
        var (first, count) = Groups[i];
        var piece = Forward.Pieces[first];
        var rows = piece.Queries * p.Group;
        var row0 = p[piece.Sequence].FirstQuery + piece.FirstQuery;
        var state = stackalloc float[2 * AttentionForward.QueryBlock];
        new Span<float>(state, rows).Fill(float.NegativeInfinity);
        new Span<float>(state + rows, rows).Clear();
        for (var head = 0; head < p.Group; head++)
        {
            for (var r = 0; r < piece.Queries; r++)
                new Span<float>(Forward.Y + (nint)(row0 + r) * p.QueryStride + (piece.KvHead * p.Group + head) * p.Width, p.Width).Clear();
        }
        for (var c = first; c < first + count; c++)
        {
            var part = Forward.Parts + Forward.Pieces[c].Part;
            Forward.MergeFew<V>(piece, row0, part, part + rows * p.Width, part + rows * (p.Width + 1), state, state + rows);
        }
        Forward.FinishFew<V>(piece, row0, state, state + rows);
    }
}
