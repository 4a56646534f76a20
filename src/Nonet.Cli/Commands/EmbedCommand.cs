using System.CommandLine;
using System.Globalization;
using Nonet.Formats;
using Nonet.Inference.Encoders;

namespace Nonet.Cli.Commands;

/// <summary>Computes embeddings of texts.</summary>
sealed class EmbedCommand : Command
{
    readonly Terminal terminal;
    readonly Argument<string> model = Flags.MakeModel();
    readonly Option<string?> adapter = Flags.MakeAdapter();
    readonly Argument<string> text = new("TEXT") { Description = InputLines.Description, DefaultValueFactory = _ => "-" };
    readonly Option<string?> pooling = new("--pooling")
    {
        Description =
            "How to make a vector from the hidden states: that of the first token (cls) or the last (last), the first after a BERT's pooler (pooler), their "
            + "mean (mean) or their maximum (max). Default: as the model's files say (modules.json, or pooling_type of a GGUF file), otherwise mean.",
    };
    readonly Option<bool> normalize = new("--normalize") { Description = "Scale vectors to length 1, even if the model's files do not say so." };
    readonly Option<string?> output = new("--out") { Description = "Write an array (texts, width) to this file instead: .npy, float32.", HelpName = "FILE" };
    readonly Option<bool> json = new(Flags.Json) { Description = "Write one JSON object per text, or with --out one for all." };

    public EmbedCommand(Terminal terminal) : base("embed", "Turn texts into vectors with an encoder or a decoder.")
    {
        this.terminal = terminal;
        pooling.AcceptOnlyFromAmong("cls", "last", "pooler", "mean", "max");
        Add(model);
        Add(adapter);
        Add(text);
        foreach (var option in new Option[] { pooling, normalize, output, json })
            Add(option);
        SetAction(Run);
    }

    async Task<int> Run(ParseResult parsed, CancellationToken stopping)
    {
        using var device = Flags.Device(parsed);
        using var open = terminal.Open(parsed.GetRequiredValue(model), device, parsed.GetValue(adapter));
        var embedder = TextEmbedder.Of(open, open.LoadTokenizer(),
            parsed.GetValue(pooling) is { } name ? Enum.Parse<Pooling>(name, ignoreCase: true) : null, parsed.GetValue(normalize) ? true : null);
        var (file, all) = (parsed.GetValue(output), new List<float>());
        var (texts, cutTexts, cutTokens) = (0, 0, 0L);
        await foreach (var embedding in embedder.Embed(InputLines.Of(parsed.GetRequiredValue(text), terminal, stopping), stopping))
        {
            texts++;
            cutTexts += embedding.Cut > 0 ? 1 : 0;
            cutTokens += embedding.Cut;
            if (file is null)
                Show(embedding, parsed.GetValue(json));
            else
                all.AddRange(embedding.Vector);
        }
        InputLines.ReportCut(terminal, cutTexts, cutTokens, open.Model.Context);
        if (file is null)
            return ExitCode.Done;
        NpyWriter.Write(file, all.ToArray(), texts, embedder.Width);
        if (parsed.GetValue(json))
        {
            JsonLine.Write(terminal.Out, fields =>
            {
                fields.WriteNumber("texts", texts);
                fields.WriteNumber("width", embedder.Width);
                fields.WriteNumber("cut_texts", cutTexts);
                fields.WriteNumber("cut_tokens", cutTokens);
            });
        }
        else
            terminal.Error.WriteLine($"{file}: float32 ({texts}, {embedder.Width})");
        return ExitCode.Done;
    }

    void Show(TextEmbedding embedding, bool asJson)
    {
        if (!asJson)
        {
            terminal.Out.WriteLine(string.Join(' ', embedding.Vector.Select(v => v.ToString("R", CultureInfo.InvariantCulture))));
            return;
        }
        JsonLine.Write(terminal.Out, fields =>
        {
            fields.WriteStartArray("embedding");
            foreach (var v in embedding.Vector)
                fields.WriteNumberValue(v);
            fields.WriteEndArray();
            fields.WriteNumber("tokens", embedding.Tokens);
            fields.WriteNumber("cut", embedding.Cut);
        });
    }
}
