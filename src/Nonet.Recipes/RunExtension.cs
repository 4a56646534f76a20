using System.Globalization;
using System.Text.Json.Nodes;
using Nonet.Recipes.Runs;
using Nonet.Training;
using Nonet.Training.Schedules;

namespace Nonet.Recipes;

/// <summary>A resumed run that has another number of steps than before.</summary>
/// <param name="Before">Number of steps before.</param>
/// <param name="Steps">Number of steps now.</param>
/// <param name="Join">Gradual change to the learning rate of the new schedule; null: the run follows the new schedule at once.</param>
sealed record RunExtension(int Before, int Steps, ScheduleJoin? Join)
{
    /// <summary>The extension of a run with a recorded state; null if the number of steps is the same.</summary>
    public static RunExtension? Of(TrainingState recorded, TrainingOptions options, ScheduleJoin? join) =>
        options.AsRecorded(recorded.Options).Steps is var before && before == options.Steps ? null : new RunExtension(before, options.Steps, join);

    /// <summary>
    /// The state with which a run continues under its options now. If the new schedule has another learning rate at this step, the run moves to it gradually.
    /// </summary>
    /// <exception cref="RunFolderException">The run is beyond the last step already.</exception>
    public static TrainingState Resumed(TrainingState state, TrainingOptions options, JsonObject recorded, string folder)
    {
        var before = options.AsRecorded(state.Options);
        if (options.Steps < state.Step)
            throw new RunFolderException(string.Create(CultureInfo.InvariantCulture,
                $"{folder}: the run is at step {state.Step:N0} of {before.Steps:N0}, and training.steps is {options.Steps:N0}; "
                + $"set it higher, or start a new run"));
        if (before.Steps == options.Steps)
            return state with { Options = recorded };
        var rate = state.Join?.At(before.Rates, state.Step) ?? before.Rates.At(state.Step);
        var over = Math.Min(options.Warmup, options.Steps - state.Step);
        var same = Math.Abs(options.Rates.At(state.Step) - rate) <= 1e-12 * options.LearningRate;
        return state with { Options = recorded, Join = same || over == 0 || state.Step == 0 ? null : new ScheduleJoin(state.Step, rate, over) };
    }

    /// <summary>States the steps before and now, and how the learning rate changes.</summary>
    public string Description => string.Create(CultureInfo.InvariantCulture, $"from {Before:N0} to {Steps:N0} steps; the learning rate ")
        + (Join is { } join
            ? string.Create(CultureInfo.InvariantCulture, $"moves from {join.Rate:0.0e+0} to the schedule of {Steps:N0} steps over {join.Over:N0} updates")
            : string.Create(CultureInfo.InvariantCulture, $"follows the schedule of {Steps:N0} steps"));
}
