using System.Text.Json;
using Nonet.Text.Json;
using Nonet.Text.PostProcessors;

namespace Nonet.Text.SentencePiece;

/// <summary>A SentencePiece model with the special tokens that a language model expects around a text.</summary>
sealed record SentencePieceTokenizer
{
    public const string FileName = "tokenizer.model";

    public required SentencePieceDefinition Definition { get; init; }

    /// <summary>File from which it was read, for error messages.</summary>
    public required string File { get; init; }

    /// <summary>Whether texts begin with <see cref="SentencePieceDefinition.Bos"/>.</summary>
    public bool AddBos { get; init; }

    /// <summary>Whether texts end with <see cref="SentencePieceDefinition.Eos"/>.</summary>
    public bool AddEos { get; init; }

    /// <summary>Whether text after a spelled-out special token gets no space before it (`legacy: false` in tokenizer_config.json).</summary>
    public bool PrefixOnlyFirst { get; init; }

    /// <summary>Tokens besides those of the model.</summary>
    public IReadOnlyList<AddedToken> Added { get; init; } = [];

    /// <summary>Content of tokenizer.model; null: it is created from the definition.</summary>
    public byte[]? Content { get; init; }

    /// <summary>Content of tokenizer_config.json; null: it is created from the known settings.</summary>
    public byte[]? Config { get; init; }

    /// <summary>Further files of the tokenizer, by name.</summary>
    public IReadOnlyList<(string Name, byte[] Content)> Beside { get; init; } = [];

    /// <summary>Ids from a separate vocabulary (Marian); null: the ids of the model.</summary>
    public MappedVocabulary? Mapped { get; init; }

    public PipelineTokenizer Build()
    {
        var model = SentencePieceModel.Of(Definition, File);
        var marks = Definition.Pieces.Select((p, id) => (p, id)).Where(x => x.p.Type is PieceType.Control or PieceType.Unknown && Mapped is null)
            .Select(x => new AddedToken(x.id, x.p.Text, Special: true));
        AddedToken[] added = [.. marks.Where(m => !Added.Any(a => a.Id == m.Id)), .. Added];
        var vocabulary = Mapped?.Ids ?? model.Vocabulary;
        var (bos, eos) = (AddBos ? Definition.Bos : -1, AddEos ? Definition.Eos : -1);
        return new PipelineTokenizer(new TokenizerJson
        {
            File = File,
            Content = new Lazy<ReadOnlyMemory<byte>>(() => Content ?? SentencePieceProto.Write(Definition)),
            DefinitionName = Mapped is null ? FileName : MarianFiles.Source,
            SentencePiece = this,
            ConfigContent = Config ?? WriteConfig(),
            Model = Mapped is null ? model : new MappedModel(model, Mapped),
            Added = added,
            Names = new TokenNames(vocabulary, added, File),
            Normalizer = new SentencePieceNormalizer(Definition, model.UserDefined, PrefixOnlyFirst, File),
            PreTokenizer = null,
            PostProcessor = bos < 0 && eos < 0 ? null : TemplatePostProcessor.Around(bos, eos, File),
            Decoder = new SentencePieceDecoder(Definition, model.Vocabulary, File),
            Truncation = null,
            Padding = null,
            EndOfText = Definition.Eos < 0 ? null : Definition.Eos,
        });
    }

    /// <summary>Settings that make transformers open tokenizer.json unchanged.</summary>
    byte[] WriteConfig()
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteString("tokenizer_class", Mapped is null ? "PreTrainedTokenizerFast" : "MarianTokenizer");
            foreach (var (name, id) in new[] { ("bos_token", Definition.Bos), ("eos_token", Definition.Eos), ("unk_token", Definition.Unknown),
                ("pad_token", Definition.Pad) })
            {
                if (id >= 0 && Mapped is null)
                    json.WriteString(name, Definition.Pieces[id].Text);
            }
            json.WriteBoolean("add_bos_token", AddBos);
            json.WriteBoolean("add_eos_token", AddEos);
            json.WriteBoolean("clean_up_tokenization_spaces", false);
            json.WriteEndObject();
        }
        return stream.ToArray();
    }
}
