using System.CommandLine;
using Nonet.Data.Instructions;

namespace Nonet.Cli;

/// <summary>Options and arguments of commands that read fine-tuning examples.</summary>
static class TuneFlags
{
    static readonly (string Name, InstructionLayout Layout)[] layouts =
    [
        ("messages", InstructionLayout.Messages), ("sharegpt", InstructionLayout.ShareGpt), ("completion", InstructionLayout.Completion),
        ("alpaca", InstructionLayout.Alpaca),
    ];

    public static Argument<string> MakeData() =>
        new("DATA") { Description = "Examples: a .jsonl, .json or .parquet file, plain or .gz, a folder of them, or a mixture of tasks (.yaml)." };

    public static Option<string?> MakeTemplate() => new("--template")
    {
        Description = "Chat template instead of the model's: off, plain (a line for each turn, beginning with its role), or a Jinja file.",
        HelpName = "NAME",
    };

    public static Option<string?> MakeLayout()
    {
        var option = new Option<string?>("--layout")
        {
            Description = "Layout of the examples: messages, sharegpt, completion or alpaca; by default by the fields of each.",
            HelpName = "NAME",
        };
        option.AcceptOnlyFromAmong([.. layouts.Select(l => l.Name)]);
        return option;
    }

    /// <summary>The layout of a name that <see cref="MakeLayout"/> accepts; null if none was given.</summary>
    public static InstructionLayout? LayoutOf(string? name) => name is null ? null : layouts.First(l => l.Name == name).Layout;
}
