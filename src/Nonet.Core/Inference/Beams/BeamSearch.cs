using Nonet.Models;
using Nonet.Models.EncoderDecoders;
using Nonet.Tensors;

namespace Nonet.Inference.Beams;

/// <summary>
/// Finds the most likely outputs of an encoder-decoder by beam search, for many sources at once. Every step is one flat batch of all growing hypotheses. Each
/// source's keys and values are computed once, and its hypotheses share the cached blocks of their common prefixes. The result for a source does not depend on
/// the other sources. Ties are broken by the better hypothesis, then by the lower id.
/// </summary>
public sealed class BeamSearch
{
    /// <summary>Rows of logits in memory at once: enough for a fast matrix product, and few enough for a large vocabulary.</summary>
    const int RowsAtOnce = 128;

    readonly IEncoderDecoder model;
    readonly BeamOptions options;
    readonly int vocab;
    readonly int[] suppressed;

    /// <param name="model">A model with its weights loaded.</param>
    /// <param name="options">Settings. The constructor throws an <see cref="ArgumentException"/> if the model does not support them.</param>
    public BeamSearch(IEncoderDecoder model, BeamOptions options)
    {
        options.Check(model.Vocab);
        (this.model, this.options, vocab) = (model, options, options.Vocab ?? model.Vocab);
        suppressed = [.. options.Suppressed.Append(model.StartToken).Where(id => (uint)id < (uint)vocab && id != options.EndToken).Distinct()];
    }

    /// <summary>Outputs of one source, best first: at most as many as the beam is wide.</summary>
    public IReadOnlyList<Hypothesis> Run(int[] source, CancellationToken stopping = default) => Run([source], stopping)[0];

    /// <summary>Outputs of several sources, in their order.</summary>
    /// <param name="sources">Ids of the sources; each has at least one token and at most as many as the model has positions.</param>
    /// <param name="stopping">Cancels the search within a step.</param>
    public IReadOnlyList<Hypothesis>[] Run(IReadOnlyList<int[]> sources, CancellationToken stopping = default)
    {
        if (sources.Count == 0)
            return [];
        stopping.ThrowIfCancellationRequested();
        using var memory = Encode(sources);
        using var cache = new KvCache(model);
        var searches = sources.Select(source => new Search(new Beam(options, (int)Math.Min((long)source.Length + options.MaxExtra, model.Context)), cache))
            .ToArray();
        while (searches.Any(s => s.Beam.Alive.Count > 0))
        {
            stopping.ThrowIfCancellationRequested();
            Step(searches, memory, cache, stopping);
        }
        return [.. searches.Select(s => s.Beam.Outputs)];
    }

    EncodedSource Encode(IReadOnlyList<int[]> sources)
    {
        using var scope = new TensorScope();
        var made = model.Encode(Batch.Of(model.Parameters.Device, [.. sources]));
        return new EncodedSource(made.Hidden.Unscoped(), made.Starts.Unscoped());
    }

    /// <summary>Adds one token to all hypotheses of all sources.</summary>
    void Step(Search[] searches, EncodedSource memory, KvCache cache, CancellationToken stopping)
    {
        using var scope = new TensorScope();
        int[] sequences = [.. searches.SelectMany(s => s.Sequences)];
        int[] ids = [.. searches.SelectMany(s => s.Beam.Alive).Select(a => a.Path?.Id ?? model.StartToken)];
        var batch = cache.Append(sequences, ids, Enumerable.Range(0, ids.Length + 1).ToArray());
        var hidden = model.Decode(batch, memory.For(searches.Select(s => s.Sequences.Count).ToArray()), cache);
        var continuations = Continuations(hidden, stopping);
        var row = 0;
        foreach (var search in searches)
        {
            var alive = search.Beam.Alive;
            if (alive.Count == 0)
                continue;
            var found = new List<Continuation>();
            for (var parent = 0; parent < alive.Count; parent++)
                found.AddRange(continuations[row++].Select(c => new Continuation(alive[parent].LogProbability + c.LogProbability, parent, c.Id)));
            search.Grow(found, cache);
        }
    }

    /// <summary>The most likely next tokens of every row of hidden states: for each row, twice the beam's width.</summary>
    (float LogProbability, int Id)[][] Continuations(Tensor hidden, CancellationToken stopping)
    {
        var rows = hidden.Shape[0];
        var found = new (float, int)[rows][];
        var likeliest = new LikeliestTokens((int)Math.Min(2L * options.Beam, vocab));
        for (var first = 0; first < rows; first += RowsAtOnce)
        {
            stopping.ThrowIfCancellationRequested();
            using var scope = new TensorScope();
            var count = Math.Min(RowsAtOnce, rows - first);
            var logs = Ops.LogSoftmax(model.Output(Ops.Slice(hidden, 0, first, count))).Download();
            for (var i = 0; i < count; i++)
            {
                var row = logs.AsSpan<float>().Slice(i * model.Vocab, vocab);
                foreach (var id in suppressed)
                    row[id] = float.NegativeInfinity;
                found[first + i] = likeliest.Of(row).ToArray();
            }
        }
        return found;
    }

    /// <summary>A source's beam and the cached sequences of its growing hypotheses.</summary>
    sealed class Search(Beam beam, KvCache cache)
    {
        public Beam Beam { get; } = beam;

        public List<int> Sequences { get; private set; } = [cache.Begin()];

        /// <summary>
        /// Every hypothesis continues the cached sequence of the hypothesis from which it grew: the first one takes it over, the others fork it.
        /// </summary>
        public void Grow(List<Continuation> continuations, KvCache cache)
        {
            Beam.Grow(continuations);
            var taken = new bool[Sequences.Count];
            var next = new List<int>(Beam.Parents.Count);
            foreach (var parent in Beam.Parents)
            {
                next.Add(taken[parent] ? cache.Fork(Sequences[parent]) : Sequences[parent]);
                taken[parent] = true;
            }
            for (var i = 0; i < taken.Length; i++)
            {
                if (!taken[i])
                    cache.Remove(Sequences[i]);
            }
            Sequences = next;
        }
    }
}
