using Nonet.Files;
using Nonet.Formats.Gguf;
using Nonet.Text.Bpe;
using Nonet.Text.Gguf;
using Nonet.Text.SentencePiece;
using Nonet.Text.Tiktoken;
using Nonet.Text.WordPiece;

namespace Nonet.Text;

/// <summary>Finds the files of a tokenizer, in order of precedence.</summary>
static class TokenizerFiles
{
    /// <summary>Opens the files of a kind.</summary>
    sealed record Kind(string Names, Func<string, string?> Find, Func<string, Tokenizer> Open);

    static readonly Kind[] kinds =
    [
        new(Tokenizer.FileName, folder => Existing(folder, Tokenizer.FileName), OpenJson),
        new("encoder.json and vocab.bpe", folder => Existing(folder, "encoder.json", "vocab.bpe"), Gpt2Files.Open),
        new("vocab.json and merges.txt", folder => Existing(folder, "vocab.json", "merges.txt"), Gpt2Files.Open),
        new("one .tiktoken file", TiktokenFiles.In, TiktokenFiles.Open),
        new(BertFiles.FileName, folder => Existing(folder, BertFiles.FileName), BertFiles.Open),
        .. SentencePieceFiles.Names.Select(name => new Kind(name, folder => Existing(folder, name), LoadedModel)),
        new($"{MarianFiles.Source}, {MarianFiles.Target} and {MarianFiles.Vocabulary}", folder =>
            Existing(folder, MarianFiles.Source, MarianFiles.Target, MarianFiles.Vocabulary), MarianFiles.Open),
    ];

    /// <summary>The file that <see cref="Load"/> opens; null if there is none.</summary>
    public static string? Find(string path) =>
        Directory.Exists(path) ? kinds.Select(k => k.Find(path)).FirstOrDefault(f => f is not null) : File.Exists(path) && Opening(path) is not null ? path
        : null;

    public static Tokenizer Load(string path)
    {
        if (File.Exists(path) && Opening(path) is { } open)
            return open(path);
        foreach (var kind in kinds)
        {
            if (Directory.Exists(path) && kind.Find(path) is { } file)
                return kind.Open(file);
        }
        throw new FileNotFoundException($"{path}: found no tokenizer; expected {string.Join(", or ", kinds.Select(k => k.Names))}", path);
    }

    /// <summary>The function that opens a single file as a tokenizer; null if the file is not one.</summary>
    static Func<string, Tokenizer>? Opening(string file) => Path.GetFileName(file) switch
    {
        Tokenizer.FileName => OpenJson,
        BertFiles.FileName => BertFiles.Open,
        _ when GgufFile.Is(file) => path => GgufTokenizer.Read(GgufFile.Open(path)),
        _ when file.EndsWith(".model", StringComparison.OrdinalIgnoreCase) => LoadedModel,
        _ when TiktokenRanks.Is(file) => TiktokenFiles.Open,
        _ => null,
    };

    /// <summary>Opens a .model file: a SentencePiece model, or LLaMA 3's ranks.</summary>
    static Tokenizer LoadedModel(string file) => TiktokenRanks.Is(file) ? TiktokenFiles.Open(file) : SentencePieceFiles.Open(file);

    static string? Existing(string folder, params string[] names) =>
        names.All(n => File.Exists(Path.Combine(folder, n))) ? Path.Combine(folder, names[0]) : null;

    static Tokenizer OpenJson(string file) => ByteTokenizer.Is(JsonFields.ReadBytes(file)) ? new ByteTokenizer() : PipelineTokenizer.FromFile(file);
}
