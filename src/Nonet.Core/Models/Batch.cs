using Nonet.Models.EncoderDecoders;
using Nonet.Models.Losses;
using Nonet.Tensors;

namespace Nonet.Models;

/// <summary>
/// N tokens of S sequences, end to end, without padding; B × T is the special case of equal lengths. The ids, positions and starts are made
/// on the host, uploaded once, and belong to the scope in which the batch was made.
/// </summary>
public sealed class Batch
{
    /// <param name="ids">(N).</param>
    /// <param name="positions">(N): position of each token in its sequence, from 0.</param>
    /// <param name="starts">(S + 1): first token of each sequence; the last entry is N.</param>
    public Batch(Indices ids, Indices positions, Indices starts)
        : this(ids, positions, new AttentionLayout { QueryStarts = starts, KeyStarts = starts }, LongestOf(ids, positions, starts))
    {
    }

    internal Batch(Indices ids, Indices positions, AttentionLayout layout, int longest)
    {
        (Ids, Positions, Layout, Longest) = (ids, positions, layout, longest);
    }

    /// <summary>(N): token ids.</summary>
    public Indices Ids { get; }

    /// <summary>(N): position of each token in its sequence, from 0.</summary>
    public Indices Positions { get; }

    /// <summary>(S + 1): first token of each sequence; the last entry is N.</summary>
    public Indices Starts => Layout.QueryStarts;

    /// <summary>Rows of the keys and values of each sequence: in the batch itself, or in the blocks of a cache.</summary>
    public AttentionLayout Layout { get; }

    /// <summary>(N): rows of the cache's pools that receive this batch's keys and values; null without a cache.</summary>
    public Indices? Slots { get; internal init; }

    /// <summary>N.</summary>
    public int Tokens => Ids.Shape[0];

    /// <summary>S.</summary>
    public int Sequences => Starts.Shape[0] - 1;

    /// <summary>Tokens of the longest sequence, including cached ones.</summary>
    public int Longest { get; private set; }

    /// <summary>Seed and step of the dropout; null: no dropout, as in evaluation.</summary>
    public RandomKey? Random { get; init; }

    /// <summary>The same tokens with dropout.</summary>
    public Batch With(RandomKey random) =>
        new(Ids, Positions, Layout, Longest) { Slots = Slots, Random = random, Recorder = Recorder, Routers = Routers, EmbeddingNoise = EmbeddingNoise };

    /// <summary>α of the noise on the embedded tokens, which needs <see cref="Random"/>; 0: none. Jain et al. 2023, "NEFTune", algorithm 1.</summary>
    public float EmbeddingNoise { get; private init; }

    /// <summary>The same tokens with dropout, and with noise on their embeddings.</summary>
    /// <param name="random">Seed and step of both.</param>
    /// <param name="noise">α; 0: none.</param>
    public Batch With(RandomKey random, float noise) =>
        new(Ids, Positions, Layout, Longest) { Slots = Slots, Random = random, Recorder = Recorder, Routers = Routers, EmbeddingNoise = noise };

    /// <summary>Recorder that keeps the attention weights of this batch's passes; null: none are kept.</summary>
    public AttentionRecorder? Recorder { get; private init; }

    /// <summary>The same tokens with their attention weights recorded. The batch must have one sequence and no cache.</summary>
    public Batch With(AttentionRecorder recorder) => Sequences == 1 && Slots is null
        ? new(Ids, Positions, Layout, Longest) { Random = Random, Recorder = recorder, Routers = Routers, EmbeddingNoise = EmbeddingNoise }
        : throw new ArgumentException(
            $"a batch of {Sequences} sequences{(Slots is null ? "" : " with a cache")}: attention weights can be recorded for one sequence without a cache "
            + $"only");

    /// <summary>Receives the probabilities of the routers in this batch's passes; null: they are not collected.</summary>
    internal RouterProbabilities? Routers { get; private init; }

    /// <summary>The same tokens, with the probabilities of the routers collected.</summary>
    internal Batch With(RouterProbabilities routers) =>
        new(Ids, Positions, Layout, Longest) { Slots = Slots, Random = Random, Recorder = Recorder, Routers = routers, EmbeddingNoise = EmbeddingNoise };

    /// <summary>Reuses the objects of a batch whose scope has closed for the next step of a cache.</summary>
    internal Batch Refill(Tensor ids, Tensor positions, Tensor slots, Tensor starts, Tensor table, Tensor lengths, int longest)
    {
        Ids.Refill(ids);
        Positions.Refill(positions);
        Slots!.Refill(slots);
        Layout.QueryStarts.Refill(starts);
        Layout.BlockTable!.Refill(table);
        Layout.KeyLengths!.Refill(lengths);
        Longest = longest;
        return this;
    }

    /// <summary>A batch of sequences of any lengths, each with at least one token.</summary>
    public static Batch Of(Device device, params int[][] sequences)
    {
        var starts = new int[sequences.Length + 1];
        for (var s = 0; s < sequences.Length; s++)
        {
            if (sequences[s].Length == 0)
                throw new ShapeException($"sequence {s} of a batch is empty; expected at least one token");
            starts[s + 1] = starts[s] + sequences[s].Length;
        }
        var ids = new int[starts[^1]];
        var positions = new int[starts[^1]];
        for (var s = 0; s < sequences.Length; s++)
        {
            sequences[s].CopyTo(ids, starts[s]);
            Count(positions.AsSpan(starts[s], sequences[s].Length));
        }
        return new Batch(device.From(ids), device.From(positions), device.From(starts));
    }

    /// <summary>A batch of sequences of equal length, given end to end.</summary>
    public static Batch Of(Device device, ReadOnlySpan<int> ids, int sequenceLength)
    {
        if (sequenceLength < 1 || ids.Length == 0 || ids.Length % sequenceLength != 0)
            throw new ShapeException($"{ids.Length} ids do not divide into sequences of {sequenceLength} tokens");
        var places = device.Host.Empty(new Shape(ids.Length), DType.I32);
        var firsts = device.Host.Empty(new Shape(ids.Length / sequenceLength + 1), DType.I32);
        var p = places.AsSpan<int>();
        for (var start = 0; start < ids.Length; start += sequenceLength)
            Count(p.Slice(start, sequenceLength));
        var s = firsts.AsSpan<int>();
        for (var i = 0; i < s.Length; i++)
            s[i] = i * sequenceLength;
        var starts = new Indices(device, firsts);
        return new Batch(device.From(ids), new Indices(device, places), new AttentionLayout { QueryStarts = starts, KeyStarts = starts }, sequenceLength);
    }

    /// <summary>
    /// Causal attention of this batch's queries: to the keys and values in the batch or, with a cache, to those of the whole sequence so
    /// far.
    /// </summary>
    /// <returns>(N, Heads · HeadWidth).</returns>
    public Tensor Attend(Tensor q, Tensor k, Tensor v, AttentionOptions options, KvCache? cache, int layer)
    {
        if (cache is null)
            return Ops.Attention(q, k, v, Layout, options);
        cache.Write(layer, k, v, Slots!);
        return Ops.Attention(q, cache.Keys(layer), cache.Values(layer), Layout, options);
    }

    /// <summary>Throws if a sequence is longer than the context, or if the batch and the cache do not belong together.</summary>
    public void CheckFor(ILanguageModel model, KvCache? cache)
    {
        if (Longest > model.Context)
            throw new ShapeException($"a sequence of {Longest} tokens is longer than the model's context of {model.Context}");
        if (Slots is null != cache is null)
        {
            throw new ArgumentException(cache is null
                ? "this batch was made by KvCache.Append: pass that cache to Forward"
                : "this batch was not made by KvCache.Append, so its tokens have no place in the cache");
        }
    }

    /// <summary>Throws if the number of a decoder's sequences differs from the number of targets that its sources serve.</summary>
    internal void CheckFor(EncodedSource memory)
    {
        if (Sequences != memory.Targets)
        {
            throw new ShapeException(memory.Targets == memory.Sequences
                ? $"{Sequences} targets for {memory.Sequences} sources: expected one target per source"
                : $"{Sequences} targets for encoded sources that serve {memory.Targets} targets");
        }
    }

    static void Count(Span<int> positions)
    {
        for (var i = 0; i < positions.Length; i++)
            positions[i] = i;
    }

    static int LongestOf(Indices ids, Indices positions, Indices starts)
    {
        if (ids.Shape.Rank != 1 || positions.Shape != ids.Shape)
            throw new ShapeException($"ids {ids.Shape} and positions {positions.Shape} of a batch must be vectors of one length");
        var s = starts.Values;
        if (s.Length < 2 || s[0] != 0 || s[^1] != ids.Shape[0])
            throw new ShapeException(
                $"starts of a batch of {ids.Shape[0]} tokens must begin with 0 and end with {ids.Shape[0]}; found {string.Join(", ", s.ToArray().Take(8))}");
        var longest = 0;
        for (var i = 1; i < s.Length; i++)
        {
            if (s[i] <= s[i - 1])
                throw new ShapeException($"starts of a batch must rise: entry {i} is {s[i]} after {s[i - 1]}");
            longest = Math.Max(longest, s[i] - s[i - 1]);
        }
        return longest;
    }
}
