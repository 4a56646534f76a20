using System.CommandLine;
using System.Text.Json;
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
            terminal.Out.WriteLine($"{open.FolderPath}: {Family(open.Config)}, {TypeOf(open)}, {(open.HasTokenizer ? "with" : "without")} a tokenizer");
            terminal.Out.WriteLine($"vocabulary {open.Model.Vocab:N0}, context {open.Model.Context:N0}, {Shape(open.Config)}");
            terminal.Out.WriteLine();
            terminal.Out.Write(open.Model.Describe());
        }
        return ExitCode.Done;
    }

    static void Write(Utf8JsonWriter fields, OpenModel open)
    {
        fields.WriteString("folder", open.FolderPath);
        fields.WriteString("family", Family(open.Config));
        fields.WriteString("dtype", TypeOf(open));
        fields.WriteNumber("params", open.Model.Parameters.Count);
        fields.WriteNumber("non_embedding_params", open.Model.NonEmbeddingCount());
        fields.WriteNumber("vocab", open.Model.Vocab);
        fields.WriteNumber("context", open.Model.Context);
        fields.WriteNumber("layers", open.Model.Layers);
        switch (open.Config)
        {
            case GptConfig gpt:
                fields.WriteNumber("width", gpt.Width);
                fields.WriteNumber("heads", gpt.Heads);
                break;
            case LlamaConfig llama:
                fields.WriteNumber("width", llama.Width);
                fields.WriteNumber("heads", llama.Heads);
                fields.WriteNumber("kv_heads", llama.KvHeads);
                fields.WriteNumber("hidden", llama.Hidden);
                fields.WriteBoolean("tied", llama.Tied);
                break;
        }
        fields.WriteNumber("head_width", open.Model.HeadWidth);
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

    static string Family(object config) => config is GptConfig ? "gpt2" : "llama";

    static string TypeOf(OpenModel open) =>
        string.Join(" and ", open.Model.Parameters.Parameters.Select(p => p.Value.DType).Distinct().Select(type => type.ToString().ToLowerInvariant()));

    static string Shape(object config) => config switch
    {
        GptConfig gpt => $"{gpt.Layers} layers, {gpt.Width} wide, {gpt.Heads} heads",
        LlamaConfig llama => $"{llama.Layers} layers, {llama.Width} wide, {llama.Heads} heads, {llama.KvHeads} of keys and values, {llama.Hidden} wide in between",
        _ => "",
    };
}
