using Nonet.Files;
using Nonet.Text.Json;
using Nonet.Text.Segmentation;

namespace Nonet.Text.Bpe;

/// <summary>The two files of GPT-2's own tokenizer: the vocabulary as JSON, the merges as text.</summary>
static class Gpt2Files
{
    /// <summary>Opens encoder.json or vocab.json, and vocab.bpe or merges.txt beside it.</summary>
    public static Tokenizer Open(string vocabularyFile)
    {
        var mergesFile = Path.Combine(Path.GetDirectoryName(vocabularyFile)!, Path.GetFileName(vocabularyFile) == "encoder.json" ? "vocab.bpe" : "merges.txt");
        var vocabulary = TokenModel.ReadVocabulary(JsonFields.Read(vocabularyFile));
        var merges = File.ReadLines(mergesFile).Where((line, i) => line.Length > 0 && !(i == 0 && line.StartsWith("#version", StringComparison.Ordinal)))
            .ToList();
        for (var i = 0; i < merges.Count; i++)
        {
            var sides = merges[i].Split(' ');
            if (sides.Length != 2)
                throw new MalformedFileException(mergesFile, $"merge {i}: '{merges[i]}'", "two tokens and a space between them");
            BpeRules.Ids(mergesFile, i, sides[0], sides[1], vocabulary);
        }
        if (!vocabulary.TryGetValue(ByteTokenizer.EndText, out var end))
            throw new MalformedFileException(vocabularyFile, $"no token {ByteTokenizer.EndText}", "GPT-2's vocabulary");
        return new PipelineTokenizer(TokenizerJson.Parse(
            vocabularyFile,
            TokenizerJsonWriter.ByteLevelBpe([.. vocabulary], merges, [new AddedToken(end, ByteTokenizer.EndText, Special: true)], split: null)));
    }
}
