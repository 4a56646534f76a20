using Nonet.Tensors;

namespace Nonet.Data;

/// <summary>
/// The windows of one token file in the order of training. An epoch cuts the file, from an offset of its own, into windows of Context targets and takes each once, in an order
/// that is a keyed permutation. Window i is a pure function of (seed, i).
/// </summary>
sealed class Windows
{
    readonly TokenFile tokens;
    readonly int context, offsets;
    readonly RandomKey orderKey, offsetKey;
    KeyedPermutation order;
    long epoch = -1, offset;

    /// <param name="tokens">The file.</param>
    /// <param name="context">Ids in a window, each with the next id as its target.</param>
    /// <param name="least">Windows that an epoch should have: where it can only with fewer offsets, it has fewer offsets.</param>
    /// <param name="seed">Keys order and offsets.</param>
    public Windows(TokenFile tokens, int context, long least, ulong seed)
    {
        (this.tokens, this.context) = (tokens, context);
        Count = (tokens.Count - context) / context; // as many as fit behind every offset below Context
        if (Count < least)
            Count = (tokens.Count - 1) / context; // a small corpus: behind fewer offsets
        offsets = (int)Math.Clamp(tokens.Count - Count * context, 1, context);
        orderKey = new RandomKey(seed, 0, 0).At("order of windows");
        offsetKey = new RandomKey(seed, 0, 0).At("offset of windows");
    }

    /// <summary>Windows in an epoch.</summary>
    public long Count { get; }

    /// <summary>Copies window i, Context + 1 ids.</summary>
    public void Read(long i, Span<int> window)
    {
        if (i / Count is var wanted && wanted != epoch)
        {
            epoch = wanted;
            order = new KeyedPermutation(orderKey with { Step = checked((uint)epoch) }, Count);
            offset = Philox.Below(offsetKey, (ulong)epoch, offsets);
        }
        tokens.Read(offset + order[i % Count] * context, window);
    }
}
