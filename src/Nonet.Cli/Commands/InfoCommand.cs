using System.CommandLine;
using System.Text.Json;
using Nonet.Checkpoints;
using Nonet.Files;
using Nonet.Models;
using Nonet.Models.Encoders;
using Nonet.Tensors;
using Nonet.Tensors.Reference;
using Nonet.Text;

namespace Nonet.Cli.Commands;

/// <summary>Shows a model's family, sizes, types, tokenizer and chat template.</summary>
sealed class InfoCommand : Command
{
    readonly Terminal terminal;
    readonly Argument<string> model = Flags.MakeModel();
    readonly Option<bool> json = Flags.MakeJson();

    public InfoCommand(Terminal terminal) : base("info", "Show the family, sizes, types, tokenizer and chat template of a model.")
    {
        this.terminal = terminal;
        Add(model);
        Add(json);
        SetAction((parsed, stopping) => Task.Run(() => Run(parsed), stopping));
    }

    int Run(ParseResult parsed)
    {
        var file = ModelFile.Open(parsed.GetRequiredValue(model));
        using var declared = new ParameterStore(ReferenceDevice.Shared); // only for the shapes
        var shaped = file.Config.Create(declared.Root);
        if (parsed.GetValue(json))
            JsonLine.Write(terminal.Out, fields => Write(fields, file, shaped));
        else
            Write(terminal.Out, file, shaped);
        return ExitCode.Done;
    }

    static void Write(TextWriter text, ModelFile file, ILanguageModel shaped)
    {
        var bytes = file.Tensors.Tensors.Values.Sum(t => t.Bytes);
        text.WriteLine($"{file.Location}: {file.Config.Family}, {file.Format}, {string.Join(", ", Types(file).Select(t => t.Type.ToLowerInvariant()))}, "
            + $"{bytes / 1e6:N1} MB, {(file.HasTokenizer ? "with" : "without")} a tokenizer");
        text.WriteLine($"vocabulary {shaped.Vocab:N0}, context {shaped.Context:N0}, {file.Config.Outline}");
        if (HeadOf(file.Config) is { } head)
        {
            var labels = file.Config.Task?.Labels ?? [];
            text.WriteLine($"head "
                + $"{head}{(labels.Count == 0 ? "" : $", {Counted.Of(labels.Count, "label")}: {string.Join(", ", labels.Select(Printable.Line))}")}");
        }
        if (file.HasTokenizer)
            text.WriteLine(TryTokenizer(file, out var tokenizer) is { } refused ? $"unusable tokenizer: {refused}"
                : $"tokenizer {tokenizer!.Kind}, {tokenizer.Vocab:N0} ids");
        if (file.ChatTemplate is { } template)
            text.WriteLine($"chat template of {template.Length:N0} characters");
        text.WriteLine();
        text.Write(shaped.Describe());
    }

    static void Write(Utf8JsonWriter fields, ModelFile file, ILanguageModel shaped)
    {
        fields.WriteString("folder", file.Location);
        fields.WriteString("format", file.Format);
        fields.WriteString("family", file.Config.Family);
        fields.WriteString("dtype", string.Join(" and ", Types(file).Select(t => t.Type.ToLowerInvariant())));
        fields.WriteStartObject("bytes");
        foreach (var (type, bytes) in Types(file))
            fields.WriteNumber(type.ToLowerInvariant(), bytes);
        fields.WriteEndObject();
        fields.WriteNumber("params", shaped.Parameters.Count);
        fields.WriteNumber("non_embedding_params", shaped.NonEmbeddingCount());
        fields.WriteNumber("vocab", shaped.Vocab);
        fields.WriteNumber("context", shaped.Context);
        if (shaped is ICachedModel cached)
        {
            fields.WriteNumber("layers", cached.Layers);
            fields.WriteNumber("kv_heads", cached.KvHeads);
            fields.WriteNumber("head_width", cached.HeadWidth);
        }
        if (HeadOf(file.Config) is { } head)
        {
            fields.WriteString("head", head);
            fields.WriteStartArray("labels");
            foreach (var label in file.Config.Task?.Labels ?? [])
                fields.WriteStringValue(label);
            fields.WriteEndArray();
        }
        fields.WritePropertyName("config");
        HuggingFaceFolder.ToJson(file.Config).WriteTo(fields);
        fields.WriteBoolean("tokenizer", file.HasTokenizer);
        if (file.HasTokenizer)
        {
            if (TryTokenizer(file, out var tokenizer) is { } refused)
                fields.WriteString("tokenizer_error", refused);
            else
            {
                fields.WriteString("tokenizer_kind", tokenizer!.Kind);
                fields.WriteNumber("tokenizer_vocab", tokenizer.Vocab);
            }
        }
        if (file.ChatTemplate is { } template)
            fields.WriteString("chat_template", template);
        else
            fields.WriteNull("chat_template");
        fields.WriteStartObject("shapes");
        foreach (var parameter in shaped.Parameters.Parameters)
        {
            fields.WriteStartArray(parameter.Path);
            for (var axis = 0; axis < parameter.Shape.Rank; axis++)
                fields.WriteNumberValue(parameter.Shape[axis]);
            fields.WriteEndArray();
        }
        fields.WriteEndObject();
    }

    /// <summary>The task that the model was trained for, in the words of the recipes; null if it only predicts tokens.</summary>
    static string? HeadOf(ModelConfig config) => (config.Task?.Kind ?? (config as BertConfig)?.Head) switch
    {
        null => null,
        ModelHead.Pooler => "none",
        ModelHead.Masked => "masked tokens",
        ModelHead.PreTraining => "masked tokens and next sentence",
        ModelHead.NextSentence => "next sentence",
        ModelHead.SequenceClassification when config.Task!.Problem == LabelProblem.Regression => "regress",
        ModelHead.SequenceClassification => config.Task!.Problem == LabelProblem.MultiLabel ? "classify (several labels per text)" : "classify",
        ModelHead.TokenClassification => "tag",
        ModelHead.QuestionAnswering => "answer",
        _ => "choose",
    };

    /// <summary>Opens the tokenizer. Returns the error if it cannot be used, so that the rest of the model is still shown.</summary>
    static string? TryTokenizer(ModelFile file, out Tokenizer? tokenizer)
    {
        tokenizer = null;
        try
        {
            tokenizer = file.LoadTokenizer();
            return null;
        }
        catch (Exception e) when (e is MalformedFileException or NotSupportedException or IOException)
        {
            return e.Message;
        }
    }

    /// <summary>The stored types with their numbers of bytes, in descending order.</summary>
    static IEnumerable<(string Type, long Bytes)> Types(ModelFile file) =>
        file.Tensors.Tensors.Values.GroupBy(t => t.Type).Select(g => (g.Key, g.Sum(t => t.Bytes))).OrderByDescending(g => g.Item2);
}
