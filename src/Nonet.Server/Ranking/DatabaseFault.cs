using System.Data.Common;

namespace Nonet.Server.Ranking;

/// <summary>Failures of the database that may pass: a lost connection, a full disk, a lock that is held.</summary>
static class DatabaseFault
{
    public static bool Is(Exception e) => e is DbException or IOException or TimeoutException;
}
