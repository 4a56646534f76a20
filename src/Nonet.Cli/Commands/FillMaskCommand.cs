using System.CommandLine;
using System.Globalization;
using Nonet.Inference.Encoders;

namespace Nonet.Cli.Commands;

/// <summary>Predicts the tokens at the masks of a text.</summary>
sealed class FillMaskCommand : Command
{
    readonly Terminal terminal;
    readonly Argument<string> model = Flags.MakeModel();
    readonly Option<string?> adapter = Flags.MakeAdapter();
    readonly Argument<string> text =
        new("TEXT")
        {
            Description =
        "A text with the tokenizer's mask, [MASK] or <mask>, in place of each token to predict; - reads standard input as one text."
        };
    readonly Option<int?> top = Flags.Whole("--top", "Number of candidates for each mask.", 1, 1 << 20, otherwise: 5);
    readonly Option<bool> json = Flags.MakeJson();

    public FillMaskCommand(Terminal terminal) : base("fill-mask", "Predict the tokens at the masks of a text.")
    {
        this.terminal = terminal;
        Add(model);
        Add(adapter);
        Add(text);
        Add(top);
        Add(json);
        SetAction((parsed, stopping) => Task.Run(() => Run(parsed), stopping));
    }

    int Run(ParseResult parsed)
    {
        using var device = Flags.Device(parsed);
        using var open = terminal.Open(parsed.GetRequiredValue(model), device, parsed.GetValue(adapter));
        var filler = new MaskFiller(open.Encoder, open.LoadTokenizer());
        var given = parsed.GetRequiredValue(text) is var typed && typed == "-" ? terminal.ReadAll() : typed;
        var masks = filler.Fill(given, parsed.GetValue(top)!.Value);
        if (parsed.GetValue(json))
        {
            JsonLine.Write(terminal.Out, fields =>
            {
                fields.WriteStartArray("masks");
                foreach (var mask in masks)
                {
                    fields.WriteStartObject();
                    fields.WriteNumber("start", mask.Start);
                    fields.WriteNumber("end", mask.End);
                    fields.WriteStartArray("candidates");
                    foreach (var candidate in mask.Candidates)
                    {
                        fields.WriteStartObject();
                        fields.WriteNumber("id", candidate.Id);
                        fields.WriteString("token", candidate.Token);
                        fields.WriteNumber("probability", candidate.Probability);
                        fields.WriteString("text", candidate.Text);
                        fields.WriteEndObject();
                    }
                    fields.WriteEndArray();
                    fields.WriteEndObject();
                }
                fields.WriteEndArray();
            });
            return ExitCode.Done;
        }
        foreach (var (number, mask) in masks.Index())
        {
            if (masks.Count > 1)
                terminal.Out.WriteLine($"mask {number + 1}");
            foreach (var candidate in mask.Candidates)
                terminal.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{candidate.Probability:0.0000}  {candidate.Token}\t{candidate.Text}"));
        }
        return ExitCode.Done;
    }
}
