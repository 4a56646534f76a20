using System.CommandLine;
using System.Text.Json;
using Nonet.Formats;
using Nonet.Inference;
using Nonet.Models;

namespace Nonet.Cli.Commands;

/// <summary>Says what a model is.</summary>
sealed class InfoCommand : Command
{
    readonly Terminal terminal;
    readonly Argument<string> model = Flags.MakeModel();
    readonly Option<bool> json = Flags.MakeJson();

    public InfoCommand(Terminal terminal) : base("info", "Show a model's kind, shapes and number of weights.")
    {
        this.terminal = terminal;
        Add(model);
        Add(json);
        SetAction((parsed, stopping) => Task.Run(() => Run(parsed), stopping));
    }

    int Run(ParseResult parsed)
    {
        using var open = new OpenModel(parsed.GetRequiredValue(model), threads: 1);
        if (parsed.GetValue(json))
            JsonLine.Write(terminal.Out, fields => Write(fields, open));
        else
        {
            terminal.Out.WriteLine($"{open.FolderPath}: {open.Config.Family}, {TypeOf(open)}, {(open.HasTokenizer ? "with" : "without")} a tokenizer");
            terminal.Out.WriteLine($"vocabulary {open.Model.Vocab:N0}, context {open.Model.Context:N0}, {open.Config.Outline}");
            terminal.Out.WriteLine();
            terminal.Out.Write(open.Model.Describe());
        }
        return ExitCode.Done;
    }

    static void Write(Utf8JsonWriter fields, OpenModel open)
    {
        fields.WriteString("folder", open.FolderPath);
        fields.WriteString("family", open.Config.Family);
        fields.WriteString("dtype", TypeOf(open));
        fields.WriteNumber("params", open.Model.Parameters.Count);
        fields.WriteNumber("non_embedding_params", open.Model.NonEmbeddingCount());
        fields.WriteNumber("vocab", open.Model.Vocab);
        fields.WriteNumber("context", open.Model.Context);
        if (open.Model is ICachedModel cached)
        {
            fields.WriteNumber("layers", cached.Layers);
            fields.WriteNumber("kv_heads", cached.KvHeads);
            fields.WriteNumber("head_width", cached.HeadWidth);
        }
        fields.WritePropertyName("config");
        HuggingFaceFolder.ToJson(open.Config).WriteTo(fields);
        fields.WriteBoolean("tokenizer", open.HasTokenizer);
        fields.WriteStartObject("shapes");
        foreach (var parameter in open.Model.Parameters.Parameters)
        {
            fields.WriteStartArray(parameter.Path);
            for (var axis = 0; axis < parameter.Shape.Rank; axis++)
                fields.WriteNumberValue(parameter.Shape[axis]);
            fields.WriteEndArray();
        }
        fields.WriteEndObject();
    }

    static string TypeOf(OpenModel open) =>
        string.Join(" and ", open.Model.Parameters.Parameters.Select(p => p.Value.DType).Distinct().Select(type => type.ToString().ToLowerInvariant()));
}
