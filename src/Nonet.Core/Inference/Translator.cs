using System.Runtime.CompilerServices;
using Nonet.Inference.Beams;
using Nonet.Models;
using Nonet.Text;

namespace Nonet.Inference;

/// <summary>Translates lines of text: encodes them, runs a <see cref="BeamSearch"/>, and decodes the outputs.</summary>
public sealed class Translator
{
    /// <summary>Number of batches to read ahead, so that a batch has lines of similar length.</summary>
    const int BatchesAhead = 16;

    static readonly string[] Unwritten = ["<unk>", "[UNK]", "<pad>", "[PAD]"];

    readonly IEncoderDecoder model;
    readonly Tokenizer tokenizer;
    readonly TranslatorOptions options;
    readonly BeamSearch search;

    /// <param name="model">A model with its weights loaded.</param>
    /// <param name="tokenizer">Tokenizer of the model. Its end mark ends sources and outputs; other special tokens are never generated.</param>
    /// <param name="options">Settings of the search.</param>
    public Translator(IEncoderDecoder model, Tokenizer tokenizer, TranslatorOptions options)
    {
        if (tokenizer.Vocab > model.Vocab)
            throw new ArgumentException($"the tokenizer has {tokenizer.Vocab} ids, the model {model.Vocab}: they do not belong together");
        if (options.BatchTokens < 1)
            throw new ArgumentException($"TranslatorOptions.BatchTokens is {options.BatchTokens}; expected at least 1");
        (this.model, this.tokenizer, this.options) = (model, tokenizer, options);
        var end = tokenizer.EndOfText;
        search = new BeamSearch(model, new BeamOptions
        {
            Beam = options.Beam,
            Alpha = options.Alpha,
            LengthPenalty = options.LengthPenalty,
            MaxExtra = options.MaxExtra,
            EndToken = end,
            Vocab = tokenizer.Vocab,
            Suppressed = [.. Enumerable.Range(0, tokenizer.Vocab).Where(tokenizer.IsSpecial).Concat(Unwritten.Select(tokenizer.IdOf).OfType<int>())
                .Where(id => id != end).Distinct()],
        });
    }

    /// <summary>
    /// Translates lines, in their order. Lines are read ahead for several batches and grouped by length. An empty line stays empty. The work runs on another
    /// thread.
    /// </summary>
    /// <param name="lines">Lines of one or more sentences.</param>
    /// <param name="stopping">Cancels the enumeration within a step.</param>
    public async IAsyncEnumerable<Translation> Translate(IEnumerable<string> lines, [EnumeratorCancellation] CancellationToken stopping = default)
    {
        using var rest = lines.GetEnumerator();
        while (await Task.Run(() => Next(rest, stopping), stopping).ConfigureAwait(false) is { Length: > 0 } translations)
        {
            foreach (var translation in translations)
                yield return translation;
        }
    }

    /// <summary>Translates one line on the caller's thread.</summary>
    public Translation Translate(string line, CancellationToken stopping = default)
    {
        using var one = new[] { line }.AsEnumerable().GetEnumerator();
        return Next(one, stopping)[0];
    }

    /// <summary>The outputs of a source of ids, best first.</summary>
    public IReadOnlyList<Hypothesis> Search(int[] source, CancellationToken stopping = default) => search.Run(source, stopping);

    /// <summary>The ids of a source, truncated to the number of the model's positions. An end mark stays the last id.</summary>
    internal (int[] Ids, bool Cut) Encode(string line)
    {
        if (string.IsNullOrWhiteSpace(line))
            return ([], false);
        var ids = tokenizer.EncodeSource(line);
        if (ids.Length <= model.Context)
            return (ids, false);
        var cut = ids[..model.Context];
        cut[^1] = ids[^1];
        return (cut, true);
    }

    Translation[] Next(IEnumerator<string> lines, CancellationToken stopping)
    {
        var sources = new List<(int[] Ids, bool Cut)>();
        for (var tokens = 0L; tokens < (long)BatchesAhead * options.BatchTokens && lines.MoveNext();)
        {
            sources.Add(Encode(lines.Current));
            tokens += Math.Max(1, sources[^1].Ids.Length);
        }
        var outputs = new IReadOnlyList<Hypothesis>[sources.Count];
        Array.Fill(outputs, []);
        int[] order = [.. Enumerable.Range(0, sources.Count).Where(i => sources[i].Ids.Length > 0).OrderByDescending(i => sources[i].Ids.Length)];
        for (var first = 0; first < order.Length;)
        {
            var (end, tokens) = (first + 1, sources[order[first]].Ids.Length);
            while (end < order.Length && tokens + sources[order[end]].Ids.Length <= options.BatchTokens)
                tokens += sources[order[end++]].Ids.Length;
            var found = search.Run([.. order[first..end].Select(i => sources[i].Ids)], stopping);
            for (var i = first; i < end; i++)
                outputs[order[i]] = found[i - first];
            first = end;
        }
        return [.. sources.Zip(outputs, (s, o) => new Translation([.. o.Select(h => new TranslatedText(tokenizer.DecodeText(h.Tokens), h))], s.Cut))];
    }
}
