"""The declaration that Python and Terraform read."""

from contract import roles


def test_the_roles_stand_in_order_the_weakest_first():
    assert roles.ROLES == ("lector", "rrhh", "admin")
    assert (roles.LECTOR, roles.RRHH, roles.ADMIN) == roles.ROLES


def test_a_program_has_a_role_by_its_scope():
    assert roles.scope_of(roles.LECTOR) == "directorio/lector"
