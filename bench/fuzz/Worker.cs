using System.Globalization;

namespace Nonet.Fuzz;

/// <summary>A process that runs some cases and says before and after each what it does: where it dies, the last case that began is to blame.</summary>
static class Worker
{
    /// <summary>The argument that makes the program a worker.</summary>
    public const string Verb = "work";

    const string Began = "+", Ended = "-";

    /// <summary>Runs cases one after another, each so many times in a fresh folder.</summary>
    public static void Run(int seed, IEnumerable<int> numbers, int times)
    {
        var root = Directory.CreateTempSubdirectory("nonet-fuzz-").FullName;
        try
        {
            foreach (var number in numbers)
            {
                Write($"{Began} {number}");
                Outcome? outcome = null;
                for (var i = 0; i < times; i++)
                {
                    var folder = Directory.CreateDirectory(Path.Combine(root, "case")).FullName;
                    outcome = new Case(seed, number).Run(folder);
                    Directory.Delete(folder, recursive: true);
                }
                Write($"{Ended} {outcome!.Number} {outcome.Verdict} {outcome.Milliseconds:F1} {outcome.PeakMegabytes:F1} {OneLine(outcome.Message)}");
            }
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    /// <summary>The number of a case that begins; null for any other line.</summary>
    public static int? Beginning(string line) => line.Split(' ') is [Began, var number] ? int.Parse(number, CultureInfo.InvariantCulture) : null;

    /// <summary>What became of a case; null for any other line.</summary>
    public static Outcome? Ending(string line) => line.Split(' ', 6) is [Ended, var number, var verdict, var milliseconds, var megabytes, var message]
        ? new Outcome(int.Parse(number, CultureInfo.InvariantCulture), Enum.Parse<Verdict>(verdict), double.Parse(milliseconds, CultureInfo.InvariantCulture),
            double.Parse(megabytes, CultureInfo.InvariantCulture), message)
        : null;

    static void Write(FormattableString line)
    {
        Console.Out.WriteLine(line.ToString(CultureInfo.InvariantCulture));
        Console.Out.Flush();
    }

    static string OneLine(string text)
    {
        var line = string.Concat(text.Select(c => char.IsControl(c) ? ' ' : c));
        return line.Length > 600 ? line[..600] + "..." : line;
    }
}
