using System.Text.RegularExpressions;
using Nonet.Files;
using Nonet.Text.Segmentation;

namespace Nonet.Text.SentencePiece;

/// <summary>
/// Marian's tokenizer: source.spm splits text into pieces, whose ids are in vocab.json; target.spm has the pieces of translations. Codes
/// such as &gt;&gt;de&lt;&lt; before a text name its target language. transformers, MarianTokenizer.
/// </summary>
static partial class MarianFiles
{
    public const string Source = "source.spm", Target = "target.spm", Vocabulary = "vocab.json";

    public static Tokenizer Open(string sourceFile)
    {
        var folder = Path.GetDirectoryName(sourceFile)!;
        var vocabularyFile = Path.Combine(folder, Vocabulary);
        var (config, configContent) = SentencePieceFiles.Beside(sourceFile, Tokenizer.ConfigFileName);
        if (config?.Flag("separate_vocabs", false) is true)
            throw new NotSupportedException(
                $"{Path.Combine(folder, Tokenizer.ConfigFileName)}: 'separate_vocabs': true; expected one vocabulary for both languages");
        var ids = TokenModel.ReadVocabulary(JsonFields.Read(vocabularyFile));
        var content = SentencePieceFiles.ReadBytes(sourceFile);
        var definition = SentencePieceProto.Read(content, sourceFile) with { Bos = -1, Pad = -1, Eos = Id("</s>") };
        return new SentencePieceTokenizer
        {
            Definition = definition,
            File = sourceFile,
            Content = content,
            Config = configContent,
            AddEos = true,
            Mapped = new MappedVocabulary(ids, Id("<unk>")),
            Added = [.. ids.Where(p => p.Key is "</s>" or "<unk>" or "<pad>" || Code().IsMatch(p.Key))
                .Select(p => new AddedToken(p.Value, p.Key, Special: true))],
            Beside = [(Target, SentencePieceFiles.ReadBytes(Path.Combine(folder, Target))), (Vocabulary, JsonFields.ReadBytes(vocabularyFile))],
        }.Build();

        int Id(string name) =>
            ids.TryGetValue(name, out var id) ? id : throw new MalformedFileException(vocabularyFile, $"no token {name}", "Marian's vocabulary");
    }

    [GeneratedRegex("^>>.+<<$")]
    private static partial Regex Code();
}
