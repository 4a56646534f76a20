// Fits a scaling law to a table of training runs, and uses it to plan a larger run: size, tokens, loss, hours, price.
//   dotnet run -c Release --project samples/PlanRun -- data/scaling/formll.csv 1e21
using System.Globalization;
using Nonet.Scaling;
using Nonet.Scaling.Plans;
using Nonet.Scaling.Runs;

// arguments: a CSV file with a row per run (flops, n_params, tokens, loss), the training budget in FLOPs
var table = RunTable.Read(args[0], new RunTableOptions { Where = [("dataset", "rw"), ("hparams", "tuned")] });
var fit = ScalingLaw.Fit(table, ScalingLaw.IsoFlop, new FitOptions { Bootstrap = 100 });
var plan = Planner.Make(PlanLaw.Of(fit, "these runs"), new PlanRequest
{
    Flops = double.Parse(args[1], CultureInfo.InvariantCulture),
    Hardware = Accelerator.Find("h200"),
    HourlyPrice = 3,
});

Console.WriteLine(FormattableString.Invariant($"runs       {table.Runs.Count}"));
Console.WriteLine(FormattableString.Invariant($"parameters {plan.Parameters.Value:0.00e+0} ({plan.Parameters.Low:0.0e+0} to {plan.Parameters.High:0.0e+0})"));
Console.WriteLine(FormattableString.Invariant($"shape      {plan.Shape.Layers} layers, width {plan.Shape.Width}"));
Console.WriteLine(FormattableString.Invariant($"tokens     {plan.Tokens.Value:0.00e+0}, {plan.TokensPerParameter:0} per parameter"));
Console.WriteLine(FormattableString.Invariant($"loss       {plan.Loss.Value:0.000} nats per token"));
Console.WriteLine(FormattableString.Invariant($"time       {plan.AcceleratorHours:0.0} hours of an {plan.Hardware!.Name}, at a price of {plan.Price:0}"));
foreach (var warning in plan.Warnings)
    Console.WriteLine($"warning    {warning}");
