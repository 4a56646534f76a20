using System.Text;
using Nonet.Text.Json;
using Nonet.Text.Splits;

namespace Nonet.Text.Bpe;

/// <summary>
/// Trains a byte-level BPE: repeatedly merges the most frequent pair of adjacent tokens into a token. Sennrich et al. 2016, algorithm 1; on
/// bytes as in Radford et al. 2019, section 2.2. The merges equal those of Hugging Face's tokenizers.
/// </summary>
public static class BpeTrainer
{
    /// <inheritdoc cref="TokenizerTrainerOptions.Train"/>
    public static PipelineTokenizer Train(
        IEnumerable<string> texts, BpeTrainerOptions options, int? threads = null, IProgress<TokenizerTrainingProgress>? progress = null,
        CancellationToken stopping = default)
    {
        options.Check();
        var pattern = options.Pattern switch
        {
            SplitPattern.Gpt2 => null,
            SplitPattern.Cl100k => Cl100kSplit.Pattern,
            SplitPattern.Qwen2 => Cl100kSplit.Qwen2Pattern,
            _ => throw new ArgumentException($"pattern {options.Pattern}; expected one of {string.Join(", ", Enum.GetNames<SplitPattern>())}", nameof(options)),
        };
        var (words, characters) = WordCounts.Count(texts, WordSplit.Known(pattern ?? Gpt2Split.Pattern)!, threads, progress, stopping);
        var learner = new MergeLearner();
        foreach (var special in options.Special)
            learner.Add(special);
        foreach (var character in Enumerable.Range(0, 256).Select(b => ByteAlphabet.Character((byte)b)).Order())
            learner.Add(character.ToString());
        learner.Learn(Spell(words, learner), options.Vocab, options.MinFrequency, tokens =>
            progress?.Report(new TokenizerTrainingProgress(characters, words.Count, tokens)), stopping);
        var vocabulary = learner.Tokens.Select((token, id) => KeyValuePair.Create(token, id)).ToList();
        return new PipelineTokenizer(TokenizerJson.Parse(
            Tokenizer.FileName,
            TokenizerJsonWriter.ByteLevelBpe(vocabulary, learner.Merges, [.. options.Special.Select((s, i) => new AddedToken(i, s, Special: true))], pattern,
            end: options.EndMark ? options.Special[0] : null),
            TokenizerJsonWriter.Config(options.Special[0])));
    }

    static MergeLearner.Word[] Spell(Dictionary<string, long> counted, MergeLearner learner)
    {
        var byteIds = Enumerable.Range(0, 256).Select(b => learner.IdOf(ByteAlphabet.Character((byte)b).ToString())).ToArray();
        var words = new MergeLearner.Word[counted.Count];
        var i = 0;
        foreach (var (word, count) in counted)
            words[i++] = new MergeLearner.Word(Array.ConvertAll(Encoding.UTF8.GetBytes(word), b => byteIds[b]), count);
        return words;
    }
}
