# nuget.exe under mono, and a program of its libraries that restores package references as `dotnet restore` does.
with_apt mono mono-runtime mono-devel ca-certificates-mono
with_npm nuget nuget-exe/package.json nuget-exe
build_nuget_restore() {
  local folder=$clients/nuget source=tests/fixtures/clients/NuGetRestore.cs nuget
  [ "$folder/restore.exe" -nt "$source" ] && return
  nuget=$(find "$folder/node_modules" -name 'nuget*.exe' 2>/dev/null | sort | tail -1)
  # The libraries are inside nuget.exe, and are found under the name that its assembly has.
  [ -z "$nuget" ] || cp "$nuget" "$folder/NuGet.exe"
  [ -n "$nuget" ] && command -v mcs >/dev/null || { missing nuget-restore "it needs nuget.exe and mono's compiler"; return; }
  say "compiling $source"
  mcs -out:"$folder/restore.exe" -r:"$folder/NuGet.exe" -r:System.Net.Http -r:Microsoft.CSharp \
    -r:/usr/lib/mono/4.5/Facades/netstandard.dll "$source" >"$clients/nuget-restore.log" 2>&1 ||
    missing nuget-restore "mcs could not compile $source, see target/clients/nuget-restore.log"
}
build_nuget_restore
