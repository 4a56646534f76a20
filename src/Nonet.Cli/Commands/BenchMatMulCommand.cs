using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Nonet.Files;
using Nonet.Tensors;

namespace Nonet.Cli.Commands;

/// <summary>Times one F32 matrix product.</summary>
sealed class BenchMatMulCommand : Command
{
    const double WarmUpSeconds = 0.5, Seconds = 2;

    readonly Terminal terminal;
    readonly Option<int?> m = Flags.Whole("--m", "Rows of the product.", 1, otherwise: 1024);
    readonly Option<int?> n = Flags.Whole("--n", "Columns of the product.", 1, otherwise: 1024);
    readonly Option<int?> k = Flags.Whole("--k", "Length of the sums.", 1, otherwise: 1024);
    readonly Option<bool> transposeA = new("--ta") { Description = "The left factor is stored transposed, (k, m)." };
    readonly Option<bool> transposeB = new("--tb") { Description = "The right factor is stored transposed, (n, k)." };
    readonly Option<bool> json = Flags.MakeJson();

    public BenchMatMulCommand(Terminal terminal) : base("matmul", "Time the F32 matrix product (m, k) by (k, n) for two seconds, and print the median.")
    {
        this.terminal = terminal;
        foreach (var option in new Option[] { m, n, k, transposeA, transposeB, json })
            Add(option);
        SetAction((parsed, stopping) => Task.Run(() => Run(parsed, stopping), stopping));
    }

    int Run(ParseResult parsed, CancellationToken stopping)
    {
        var (rows, columns, depth) = (parsed.GetRequiredValue(m)!.Value, parsed.GetRequiredValue(n)!.Value, parsed.GetRequiredValue(k)!.Value);
        var (ta, tb) = (parsed.GetValue(transposeA), parsed.GetValue(transposeB));
        using var device = Flags.Device(parsed);
        using var factors = new TensorScope();
        var a = Normal(device, ta ? new Shape(depth, rows) : new Shape(rows, depth), 1);
        var b = Normal(device, tb ? new Shape(columns, depth) : new Shape(depth, columns), 2);
        Repeat(WarmUpSeconds, least: 3);
        var seconds = Repeat(Seconds, least: 3);
        var gflops = 2.0 * rows * columns * depth / Median.Of(seconds) / 1e9;
        if (parsed.GetValue(json))
            JsonLine.Write(terminal.Out, fields => fields.WriteNumber("gflops", Math.Round(gflops, 2)));
        else
            terminal.Out.WriteLine(
                string.Create(CultureInfo.InvariantCulture,
                $"{gflops:0.0} GFLOP/s, {Counted.Of(device.Threads, "thread")}, median of {Counted.Of(seconds.Count, "run")}"));
        return ExitCode.Done;

        List<double> Repeat(double total, int least)
        {
            var (times, spent) = (new List<double>(), 0.0);
            while (times.Count < least || spent < total)
            {
                stopping.ThrowIfCancellationRequested();
                using var product = new TensorScope();
                var start = Stopwatch.GetTimestamp();
                Ops.MatMul(a, b, ta, tb);
                times.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
                spent += times[^1];
            }
            return times;
        }
    }

    static Tensor Normal(Device device, Shape shape, uint stream)
    {
        var x = device.Empty(shape);
        device.FillNormal(x, 0, 1, new RandomKey(1, 0, stream));
        return x;
    }
}
