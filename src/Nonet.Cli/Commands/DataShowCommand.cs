using System.CommandLine;
using System.Globalization;
using Nonet.Checkpoints;
using Nonet.Data.Instructions;
using Nonet.Files;
using Nonet.Recipes.Instructions;
using Nonet.Text;

namespace Nonet.Cli.Commands;

/// <summary>Shows fine-tuning examples as the model reads them, and marks the tokens that it learns.</summary>
sealed class DataShowCommand : Command
{
    const int UsualLimit = 10;

    readonly Terminal terminal;
    readonly Argument<string> model = Flags.MakeModel();
    readonly Argument<string> data = TuneFlags.MakeData();
    readonly Option<int?> limit = Flags.Whole("--limit", $"Number of examples; {UsualLimit} by default.", 1);
    readonly Option<string?> template = TuneFlags.MakeTemplate();
    readonly Option<string?> layout = TuneFlags.MakeLayout();
    readonly Option<string?> folder =
        new("--data") { Description = "Folder with the files of a mixture; data/ by default.", HelpName = "DIR" };
    readonly Option<bool> json =
        new(Flags.Json)
        {
            Description =
        "Write one JSON object for each example to standard output, with ids and supervised (0 or 1 for each id), and nothing else."
        };

    public DataShowCommand(Terminal terminal)
        : base("show", "Show examples as a model reads them. The tokens that it learns are coloured, or stand between ⟦ and ⟧.")
    {
        this.terminal = terminal;
        Add(model);
        Add(data);
        foreach (var option in new Option[] { limit, template, layout, folder, json })
            Add(option);
        SetAction((parsed, stopping) => Task.Run(() => Run(parsed, stopping), stopping));
    }

    int Run(ParseResult parsed, CancellationToken stopping)
    {
        var file = ModelFile.Open(parsed.GetRequiredValue(model));
        var format = new InstructionFormat(file, parsed.GetValue(template));
        foreach (var example in new SftData
        {
            Path = parsed.GetRequiredValue(data),
            Layout = TuneFlags.LayoutOf(parsed.GetValue(layout)),
            Folder = EvalCommand.DataFolder(parsed.GetValue(folder))
        }.Examples(format.Tokenizer).Take(parsed.GetValue(limit) ?? UsualLimit))
        {
            stopping.ThrowIfCancellationRequested();
            var tokens = format.Encoder.Encode(example);
            if (parsed.GetValue(json))
                WriteJson(tokens);
            else
                Write(example, tokens, format.Tokenizer, file.Config.MaxLength);
        }
        return ExitCode.Done;
    }

    void WriteJson(SupervisedTokens tokens) => JsonLine.Write(terminal.Out, fields =>
    {
        fields.WriteStartArray("ids");
        foreach (var id in (int[])[.. tokens.Source ?? [], .. tokens.Ids])
            fields.WriteNumberValue(id);
        fields.WriteEndArray();
        fields.WriteStartArray("supervised");
        foreach (var own in (bool[])[.. (tokens.Source ?? []).Select(_ => false), .. tokens.Supervised])
            fields.WriteNumberValue(own ? 1 : 0);
        fields.WriteEndArray();
    });

    void Write(InstructionExample example, SupervisedTokens tokens, Tokenizer tokenizer, int context)
    {
        var longest = Math.Max(tokens.Ids.Length, tokens.Source?.Length ?? 0);
        terminal.Out.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{example.Place}: {Counted.Of(tokens.Count, "token")}, {tokens.Targets:N0} "
                + $"supervised{(longest > context ? $"; longer than the context of {context:N0}" : "")}"));
        if (tokens.Source is { } source)
            terminal.Out.WriteLine(tokenizer.Decode(source));
        for (var start = 0; start < tokens.Ids.Length;)
        {
            var end = start + 1;
            while (end < tokens.Ids.Length && tokens.Supervised[end] == tokens.Supervised[start])
                end++;
            var text = tokenizer.Decode(tokens.Ids.AsSpan(start..end));
            if (tokens.Supervised[start])
                terminal.WriteMarked(text);
            else
                terminal.Out.Write(text);
            start = end;
        }
        terminal.Out.WriteLine();
        terminal.Out.WriteLine();
    }
}
