using System.CommandLine;
using System.Globalization;
using Nonet.Recipes.Alignment;

namespace Nonet.Cli.Commands;

/// <summary>Computes the rewards of answers to a prompt.</summary>
sealed class RewardCommand : Command
{
    readonly Terminal terminal;
    readonly Argument<string> model = Flags.MakeModel();
    readonly Argument<string> prompt = new("PROMPT") { Description = "The prompt." };
    readonly Argument<string[]> answers = new("ANSWER") { Description = "One or more answers.", Arity = ArgumentArity.OneOrMore };
    readonly Option<bool> json = Flags.MakeJson();

    public RewardCommand(Terminal terminal) : base("reward", "Show how a reward model rewards answers to a prompt.")
    {
        this.terminal = terminal;
        Add(model);
        Add(prompt);
        Add(answers);
        Add(json);
        SetAction((parsed, stopping) => Task.Run(() => Run(parsed, stopping), CancellationToken.None));
    }

    int Run(ParseResult parsed, CancellationToken stopping)
    {
        using var device = Flags.Device(parsed);
        using var reward = new ModelRewardSource { Path = parsed.GetRequiredValue(model) }.OpenModel(device);
        var (asked, given) = (parsed.GetRequiredValue(prompt), parsed.GetRequiredValue(answers));
        var scores = reward.Models[0].Score([.. given.Select(a => reward.Models[0].Encode(asked, a))], stopping);
        if (parsed.GetValue(json))
        {
            JsonLine.Write(terminal.Out, fields =>
            {
                fields.WriteStartArray("rewards");
                foreach (var score in scores)
                    fields.WriteNumberValue(score);
                fields.WriteEndArray();
            });
            return ExitCode.Done;
        }
        for (var i = 0; i < given.Length; i++)
            terminal.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{scores[i],8:0.000}  {Printable.Line(given[i])}"));
        return ExitCode.Done;
    }
}
